import { createAuthenticator, newId, type BaseConfig, type Clock, type Logger, type Registry } from '@alcove/kit'
import type { Pool } from 'pg'
import { createClusterKeyReader } from './clients/cluster-keys.ts'
import type { AuthConfig } from './config.ts'
import { createCommonPasswords } from './crypto/common-passwords.ts'
import { createHashQueue } from './crypto/hash-queue.ts'
import { createKeyRing } from './crypto/key-ring.ts'
import { createRingKeySource, createServiceKeyReader, createServiceKeySource, type ReadServiceKeys } from './crypto/key-sources.ts'
import { createPasswordHasher } from './crypto/password-hasher.ts'
import { createAccountFinder } from './db/accounts.ts'
import { createMailCap } from './db/mail-cap.ts'
import { createFindMailable } from './db/one-time-tokens.ts'
import { createPrisma } from './db/prisma.ts'
import { createSessionFinder } from './db/sessions.ts'
import { createSigningKeyStore } from './db/signing-keys.ts'
import { createInTransaction } from './db/stores.ts'
import { createThrottle } from './db/throttle.ts'
import type { AuthParts } from './deps.ts'
import { deriveSecrets } from './domain/secrets.ts'
import { buildSchedule } from './domain/signing-key.ts'
import { hashingOverloaded } from './errors.ts'

export interface BuildDepsOptions {
  readonly config: AuthConfig & BaseConfig
  readonly pool: Pool
  readonly log: Logger
  readonly metrics: Registry
  readonly clock: Clock
  /** Real time; tests give another. */
  readonly now?: () => Date
  readonly onCommit: () => void
}

/** Builds the adapters from configuration. */
export function buildDeps(options: BuildDepsOptions): AuthParts {
  const { config, pool, log, metrics, clock, now = () => new Date(), onCommit } = options
  const secrets = deriveSecrets(Buffer.from(config.SIGNING_KEY_SECRET, 'base64'))
  const prisma = createPrisma(pool)
  const keyRing = createKeyRing({
    store: createSigningKeyStore(pool),
    sealingKey: secrets.sealing,
    schedule: buildSchedule(config.SIGNING_KEY_LIFETIME_SECONDS),
    now,
  })
  const readServiceKeys = createKeyReader(config, log)
  const queue = createHashQueue({
    slots: config.HASH_CONCURRENCY,
    waitingMax: config.HASH_QUEUE_MAX,
    waitMaxMs: config.HASH_WAIT_MAX_MS,
    overloaded: hashingOverloaded,
  })
  return {
    log,
    metrics,
    clock,
    version: config.SERVICE_VERSION,
    authenticator: createAuthenticator({
      service: 'auth',
      userTokenIssuer: config.USER_TOKEN_ISSUER,
      serviceTokenIssuer: config.SERVICE_TOKEN_ISSUER,
      serviceTokenNamespace: config.SERVICE_TOKEN_NAMESPACE,
      userKeys: createRingKeySource(keyRing),
      serviceKeys: createServiceKeySource(readServiceKeys),
      metrics,
    }),
    inTransaction: createInTransaction({ pool, clock, newId, onCommit }),
    accounts: createAccountFinder(prisma),
    sessions: createSessionFinder(prisma),
    findMailable: createFindMailable(prisma),
    throttle: createThrottle(pool),
    admitMail: createMailCap(pool, { perMinute: config.MAIL_CAP_PER_MINUTE, now }),
    hasher: createPasswordHasher(queue),
    keyRing,
    isCommonPassword: createCommonPasswords(),
    userTokenIssuer: config.USER_TOKEN_ISSUER,
    readServiceKeys,
    secrets,
    sessionMaxDays: config.SESSION_MAX_DAYS,
    now,
    newId,
  }
}

/** The development issuer's file, or the cluster. */
function createKeyReader(config: BuildDepsOptions['config'], log: Logger): ReadServiceKeys {
  if (config.SERVICE_JWKS_FILE || config.PROFILE === 'local') return createServiceKeyReader(config.SERVICE_JWKS_FILE)
  return createClusterKeyReader({ apiUrl: config.KUBERNETES_API_URL, credentialsDir: config.KUBERNETES_CREDENTIALS_DIR, log })
}
