import { findEventType, type Tokens } from '@alcove/contracts'
import { createAuthenticator, loadConfig } from '@alcove/kit'
import { buildTestContext, createTestClock, createTestDatabase } from '@alcove/testing'
import type { InjectOptions } from 'fastify'
import { Value } from 'typebox/value'
import { expect } from 'vitest'
import { buildApp } from '../src/app.ts'
import { buildDeps } from '../src/build-deps.ts'
import { configSchema } from '../src/config.ts'
import { createRingKeySource } from '../src/crypto/key-sources.ts'
import type { AuthParts } from '../src/deps.ts'
import type { RoleName } from '../src/domain/account.ts'
import { ensureAccount } from '../src/domain/ensure-account.ts'
import { oneTimeTokenOf } from '../src/domain/secrets.ts'

export const signingKeySecret = Buffer.alloc(32, 7).toString('base64')
export const password = 'correct horse battery'

export interface OutboxRow {
  topic: string
  key: string
  type: string
  data: {
    version: number
    roles?: string[]
    status?: string
    sessionId?: string | null
    oneTimeTokenId?: string
    action?: string
    actor?: { type: string; id: string | null }
    subject?: string | null
  }
}

interface AccountRow {
  id: string
  status: string
  display_name: string
  password_hash: string | null
  version: number
}

/** auth against a database of its own; its time starts now and moves when told, as tokens are verified at real time. */
export async function startAuth(env: Record<string, string> = {}) {
  const database = await createTestDatabase('auth')
  const ctx = await buildTestContext('auth')
  const time = createTestClock(new Date())
  const config = loadConfig(configSchema, { PROFILE: 'local', DATABASE_URL: database.url, SIGNING_KEY_SECRET: signingKeySecret, ...env })
  const build = (overrides: Partial<AuthParts> = {}) => {
    const built = buildDeps({
      config,
      pool: database.pool,
      log: ctx.log,
      metrics: ctx.metrics,
      clock: ctx.clock,
      now: () => time.now(),
      onCommit: () => undefined,
    })
    // People's tokens are judged by auth's own keys, services' tokens by the tests' issuer.
    const userKeys = createRingKeySource(built.keyRing)
    const authenticator = createAuthenticator({ userTokenIssuer: config.USER_TOKEN_ISSUER, userKeys, ...ctx.tokens.serviceTrust })
    const deps: AuthParts = { ...built, authenticator, ...overrides }
    return { deps, app: buildApp(deps) }
  }
  const { deps, app } = build()
  await deps.keyRing.rotate()
  await app.ready()
  const passwordHash = await deps.hasher.hash(password)

  const post = (url: string, payload?: object, options: Omit<InjectOptions, 'method' | 'url'> = {}) => app.inject({ method: 'POST', url, payload, ...options })
  let addresses = 0
  let admin: { id: string } | undefined
  const suite = {
    app,
    deps,
    build,
    config,
    ctx,
    time,
    pool: database.pool,
    url: database.url,
    post,
    get: (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'GET', url, headers }),
    /** An e-mail address nobody has yet. */
    newEmail: () => `person${(addresses += 1)}@example.org`,
    createAccount: async (input: { email?: string; roles?: RoleName[]; displayName?: string } = {}) =>
      ensureAccount(deps, {
        email: input.email ?? suite.newEmail(),
        passwordHash,
        displayName: input.displayName ?? 'Ann Example',
        roles: input.roles ?? ['member'],
      }),
    async login(email: string, given = password, options: Omit<InjectOptions, 'method' | 'url'> = {}): Promise<Tokens> {
      const answer = await post('/v1/auth/login', { email, password: given }, options)
      expect(answer.statusCode, answer.body).toBe(200)
      return answer.json<Tokens>()
    },
    /** The id of somebody who may do what admins do. */
    adminId: async () => (admin ??= await suite.createAccount({ roles: ['admin'] })).id,
    async logInAs(roles: RoleName[]) {
      const account = await suite.createAccount({ roles })
      const tokens = await suite.login(account.email)
      return { account, tokens, headers: bearer(tokens) }
    },
    asService: (caller: 'gateway' | 'user' | 'notification' | 'admin' | 'payment') => ctx.tokens.asService(caller),
    async outbox(filter: { type?: string; key?: string } = {}): Promise<OutboxRow[]> {
      const { rows } = await database.pool.query<OutboxRow>('SELECT topic, key, type, data FROM outbox ORDER BY seq')
      return rows.filter((row) => (filter.type === undefined || row.type === filter.type) && (filter.key === undefined || row.key === filter.key))
    },
    async audits(action: string) {
      return (await suite.outbox({ type: 'audit.recorded.v1' })).map((row) => row.data).filter((data) => data.action === action)
    },
    /** The token as notification would mail it, newest first. */
    async mailedTokens(userId: string): Promise<string[]> {
      const rows = (await suite.outbox({ key: userId })).filter(({ data }) => data.oneTimeTokenId)
      return rows.map(({ data }) => oneTimeTokenOf(deps.secrets, data.oneTimeTokenId!)).reverse()
    },
    async findAccountByEmail(email: string) {
      const { rows } = await database.pool.query('SELECT * FROM account WHERE email = $1', [email])
      return rows[0] as AccountRow | undefined
    },
    /** Every event written must fit its schema and rise by one per account. */
    async stop() {
      const rows = await suite.outbox()
      for (const row of rows) {
        const schema = findEventType(row.topic as 'account', row.type)?.data
        expect(schema && Value.Check(schema, row.data), `${row.type} ${JSON.stringify(row.data)}`).toBe(true)
      }
      for (const [key, events] of Map.groupBy(rows, (row) => row.key)) {
        expect(
          events.map(({ data }) => data.version),
          `versions of ${key}`,
        ).toEqual(events.map((_, index) => index + 1))
      }
      await app.close()
      await database.drop()
    },
  }
  return suite
}

export type AuthSuite = Awaited<ReturnType<typeof startAuth>>

export const bearer = ({ accessToken }: Pick<Tokens, 'accessToken'>) => ({ authorization: `Bearer ${accessToken}` })
