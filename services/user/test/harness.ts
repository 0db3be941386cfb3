import { findEventType } from '@alcove/contracts'
import { DependencyError, newId, ProblemError, type Role } from '@alcove/kit'
import { buildTestContext, createTestDatabase } from '@alcove/testing'
import { Value } from 'typebox/value'
import { expect } from 'vitest'
import { buildApp } from '../src/app.ts'
import { buildDeps } from '../src/build-deps.ts'
import type { AccountsFor } from '../src/clients/accounts.ts'
import type { Account } from '../src/domain/ports.ts'
import { listHandlers } from '../src/consumers/index.ts'
import { createStores } from '../src/db/stores.ts'

/** A stand-in for auth at the client's interface; `calls` counts what it was asked. */
export function createFakeAuth() {
  const accounts = new Map<string, Account>()
  const state = { down: false, calls: 0 }
  const ask = <T>(answer: () => T): Promise<T> => {
    state.calls += 1
    if (state.down) return Promise.reject(new DependencyError('auth', { sent: false, reason: 'refused', retryAfterSeconds: 3 }))
    return Promise.resolve().then(answer)
  }
  const newestFirst = (list: Account[]) => list.sort((a, b) => (a.id < b.id ? 1 : -1))
  const accountsFor: AccountsFor = () => ({
    find: (id) => ask(() => accounts.get(id)),
    listByIds: (ids) => ask(() => newestFirst(ids.flatMap((id) => accounts.get(id) ?? []))),
    listByEmail: ({ contains, beforeId, limit }) =>
      ask(() =>
        newestFirst([...accounts.values()].filter(({ id, email }) => email.includes(contains.toLowerCase()) && (!beforeId || id < beforeId))).slice(0, limit),
      ),
    deactivate: (id) =>
      ask(() => {
        const account = accounts.get(id)
        if (!account) return undefined
        if (account.roles.includes('admin')) throw new ProblemError('illegal-transition', 'The last active admin keeps the role.')
        accounts.set(id, { ...account, status: 'deactivated', version: (account.version ?? 1) + 1 })
        return accounts.get(id)
      }),
    reactivate: (id) =>
      ask(() => {
        const account = accounts.get(id)
        if (account?.status === 'deactivated') accounts.set(id, { ...account, status: 'active', version: (account.version ?? 1) + 1 })
        return accounts.get(id)
      }),
  })
  return { accounts, state, accountsFor }
}

interface EventRow {
  topic: 'user'
  key: string
  type: string
  data: { version: number; status?: string; timeZone?: string; locale?: string; members?: { userId: string; role: string }[] }
}

/** user against a database of its own and a stand-in for auth. */
export async function startUser() {
  const database = await createTestDatabase('user')
  const ctx = await buildTestContext('user')
  const auth = createFakeAuth()
  const deps = buildDeps({
    pool: database.pool,
    log: ctx.log,
    metrics: ctx.metrics,
    clock: ctx.clock,
    version: ctx.version,
    authenticator: ctx.authenticator,
    defaults: { locale: 'en', timeZone: 'UTC' },
    auth: auth.accountsFor,
    onCommit: () => undefined,
  })
  const app = buildApp(deps)
  await app.ready()
  const woken = { count: 0 }
  const handlers = listHandlers({ defaults: deps.defaults, storesOf: createStores, wakeNames: () => (woken.count += 1) })

  const call = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, options: { as?: Headers; body?: object; key?: string } = {}) =>
    app.inject({ method, url, payload: options.body, headers: { ...options.as, ...(options.key && { 'idempotency-key': options.key }) } })

  return {
    app,
    ctx,
    auth,
    deps,
    handlers,
    woken,
    pool: database.pool,
    call,
    /** An account in auth, whose profile does not exist yet. */
    createAccount(input: Partial<Account> = {}): Account {
      const id = input.id ?? newId()
      const account: Account = { id, email: `${id}@example.org`, displayName: `Person ${id.slice(-4)}`, roles: ['member'], status: 'active', ...input }
      auth.accounts.set(id, account)
      return account
    },
    async person(roles: Role[] = ['member'], input: Partial<Account> = {}) {
      const account = this.createAccount({ roles, ...input })
      const as: Headers = await ctx.tokens.as(roles, account.id)
      return { ...account, as }
    },
    async outbox(key?: string): Promise<EventRow[]> {
      const { rows } = await database.pool.query<EventRow>('SELECT topic, key, type, data FROM outbox ORDER BY seq')
      return key === undefined ? rows : rows.filter((row) => row.key === key)
    },
    /** Every event written must fit its schema and rise by one per profile or team. */
    async stop() {
      const rows = await this.outbox()
      for (const row of rows) {
        const schema = findEventType(row.topic, row.type)?.data
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
}

export type Headers = Record<string, string>
export type UserSuite = Awaited<ReturnType<typeof startUser>>
export const pointers = (answer: { json(): { errors: { pointer: string }[] } }) => answer.json().errors.map(({ pointer }) => pointer)
