import { baseConfigSchema, ConfigError, loadConfig } from '@alcove/kit'
import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import { roleNames } from './domain/account.ts'

export const configSchema = Type.Object({
  ...baseConfigSchema,
  DATABASE_URL: Type.String({ minLength: 1 }),
  /** 32 random bytes in base64 (`openssl rand -base64 32`): seals signing keys at rest and derives mailed tokens. The same for all replicas. */
  SIGNING_KEY_SECRET: Type.String({ pattern: '^[A-Za-z0-9+/]{43}=$' }),
  /** How long a key signs before the next one takes over. */
  SIGNING_KEY_LIFETIME_SECONDS: Type.Integer({ minimum: 60, maximum: 31_536_000, default: 2_592_000 }),
  /** Days after which a session ends, however often it is used: `90`. */
  SESSION_MAX_DAYS: Type.Integer({ minimum: 1, maximum: 3650, default: 90 }),
  /** Registrations and password resets that may be asked for in a minute, by everybody together; more answer 429: `600`. */
  MAIL_CAP_PER_MINUTE: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 600 }),
  /** Password hashes at once; each takes 19 MiB. */
  HASH_CONCURRENCY: Type.Integer({ minimum: 1, maximum: 64, default: 2 }),
  /** Logins and registrations that may wait for a hash; one more answers 503. */
  HASH_QUEUE_MAX: Type.Integer({ minimum: 0, maximum: 10_000, default: 200 }),
  /** Longest wait for a hash, in milliseconds; then 503. People who sign in go before those who register: `2500`. */
  HASH_WAIT_MAX_MS: Type.Integer({ minimum: 1, maximum: 60_000, default: 2500 }),
  /** File with the public keys of the development issuer of service tokens; empty where there is none. */
  SERVICE_JWKS_FILE: Type.String({ default: '' }),
  /** The API server of the cluster, which says who signs ServiceAccount tokens; not asked where SERVICE_JWKS_FILE is given or in the local profile. */
  KUBERNETES_API_URL: Type.String({ format: 'uri', pattern: '^https?://', default: 'https://kubernetes.default.svc' }),
  /** Directory with this process's own `token` for the API server, and its `ca.crt`. */
  KUBERNETES_CREDENTIALS_DIR: Type.String({ default: '/var/run/secrets/kubernetes.io/serviceaccount' }),
  /** The first admin, made at start unless the address has an account; both or none. */
  BOOTSTRAP_ADMIN_EMAIL: Type.String({ maxLength: 254, pattern: '^$|^[^\\s@]+@[^\\s@]+$', default: '' }),
  BOOTSTRAP_ADMIN_PASSWORD: Type.String({ maxLength: 128, default: '' }),
})

export type AuthConfig = Static<typeof configSchema>

/** Problems that one variable alone does not show. */
export function assertBootstrap(config: Pick<AuthConfig, 'BOOTSTRAP_ADMIN_EMAIL' | 'BOOTSTRAP_ADMIN_PASSWORD'>): void {
  const { BOOTSTRAP_ADMIN_EMAIL: email, BOOTSTRAP_ADMIN_PASSWORD: password } = config
  if ((email === '') !== (password === '')) throw new ConfigError(['BOOTSTRAP_ADMIN_EMAIL and BOOTSTRAP_ADMIN_PASSWORD are given together or not at all'])
  if (password !== '' && password.length < 8) throw new ConfigError(['BOOTSTRAP_ADMIN_PASSWORD must have at least 8 characters'])
}

/** What `seed-accounts` needs of the environment. */
const seedConfigSchema = Type.Object({
  DATABASE_URL: Type.String({ minLength: 1 }),
  CLOCK_FILE: Type.String({ default: '' }),
})

export const readSeedConfig = (env: Record<string, string | undefined>): Static<typeof seedConfigSchema> => loadConfig(seedConfigSchema, env)

const seedListSchema = Type.Array(
  Type.Object(
    {
      email: Type.String({ minLength: 3, maxLength: 254 }),
      password: Type.String({ minLength: 8, maxLength: 128 }),
      displayName: Type.String({ minLength: 1, maxLength: 100 }),
      roles: Type.Optional(Type.Array(Type.Enum([...roleNames]), { minItems: 1 })),
    },
    { additionalProperties: false },
  ),
)

/** The accounts on standard input of `seed-accounts`; throws for anything else. */
export function readSeedList(value: unknown): Static<typeof seedListSchema> {
  if (!Value.Check(seedListSchema, value)) throw new Error('standard input must hold [{ email, password, displayName, roles? }]')
  return value
}
