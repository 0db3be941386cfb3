import type { AuditAction } from '@alcove/contracts'
import { newId } from '@alcove/kit'
import { listAudited, readAudits } from '@alcove/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuthSuite, password, startAuth } from './harness.ts'

let auth: AuthSuite
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

interface Given {
  account: { id: string; email: string }
  tokens: { accessToken: string; refreshToken: string }
  /** The person's own token, in the audited request. */
  own: Record<string, string>
  admin: Record<string, string>
  /** Nobody's token, in the audited request. */
  plain: Record<string, string>
}
type Told = { action: AuditAction; person: string | null; before?: object; after?: object }
const send = (method: 'POST' | 'PUT' | 'DELETE', url: string, headers: Record<string, string>, payload?: object) =>
  auth.app.inject({ method, url, headers, payload })

/** Each act, and what the log then says. */
const acts: Record<string, (given: Given) => Promise<Told>> = {
  async register({ plain }) {
    await send('POST', '/v1/auth/register', plain, { email: auth.newEmail(), password, displayName: 'Secret Person' })
    return { action: 'account.registration-requested', person: expect.any(String) as string }
  },
  async login({ account, plain }) {
    await send('POST', '/v1/auth/login', plain, { email: account.email, password })
    return { action: 'session.started', person: account.id }
  },
  async 'login, refused'({ account, plain }) {
    await send('POST', '/v1/auth/login', plain, { email: account.email, password: 'wrong' })
    return { action: 'session.refused', person: account.id }
  },
  async 'login, throttled'({ account, plain }) {
    const { 'x-request-id': requestId, ...before } = plain
    for (let guess = 0; guess < 5; guess += 1) await send('POST', '/v1/auth/login', before, { email: account.email, password: 'wrong' })
    const answer = await send('POST', '/v1/auth/login', { ...before, 'x-request-id': requestId! }, { email: account.email, password: 'wrong' })
    expect(answer.statusCode).toBe(429)
    return { action: 'session.throttled', person: account.id }
  },
  async refresh({ account, tokens, plain }) {
    // Further back than the token whose repetition is forgiven.
    let { refreshToken } = tokens
    for (let time = 0; time < 3; time += 1) refreshToken = (await auth.post('/v1/auth/refresh', { refreshToken })).json<{ refreshToken: string }>().refreshToken
    await send('POST', '/v1/auth/refresh', plain, { refreshToken: tokens.refreshToken })
    return { action: 'session.token-reused', person: account.id }
  },
  async logout({ account, own }) {
    await send('POST', '/v1/auth/logout', own)
    return { action: 'session.ended', person: account.id }
  },
  async 'delete-session'({ account, own }) {
    const { items } = (await auth.get('/v1/auth/sessions', own)).json<{ items: { id: string }[] }>()
    await send('DELETE', `/v1/auth/sessions/${items[0]!.id}`, own)
    return { action: 'session.ended', person: account.id }
  },
  async 'delete-user-sessions'({ account, admin }) {
    await send('DELETE', `/v1/auth/users/${account.id}/sessions`, admin)
    return { action: 'sessions.ended', person: account.id, before: { sessions: 1 }, after: { sessions: 0 } }
  },
  async 'forgot-password'({ account, plain }) {
    await send('POST', '/v1/auth/password/forgot', plain, { email: account.email })
    return { action: 'password.reset-requested', person: account.id }
  },
  async 'reset-password'({ account, plain }) {
    await auth.post('/v1/auth/password/forgot', { email: account.email })
    const [token] = await auth.mailedTokens(account.id)
    await send('POST', '/v1/auth/password/reset', plain, { token, password: 'another long password' })
    return { action: 'password.reset', person: account.id }
  },
  async 'change-password'({ account, own }) {
    await send('POST', '/v1/auth/password/change', own, { currentPassword: password, newPassword: 'another long password' })
    return { action: 'password.changed', person: account.id }
  },
  async 'set-roles'({ account, admin }) {
    await send('PUT', `/v1/auth/users/${account.id}/roles`, admin, { roles: ['member', 'operator'] })
    return { action: 'roles.changed', person: account.id, before: { roles: ['member'] }, after: { roles: ['member', 'operator'] } }
  },
}

it('every audited operation has its act here', () => {
  const covered = new Set(Object.keys(acts).map((name) => name.split(',')[0]))
  expect([...covered].sort()).toEqual(
    listAudited('auth')
      .map(([id]) => id)
      .sort(),
  )
})

describe('the log names whose account it was, the request, and what changed', () => {
  it.each(Object.keys(acts))('%s', async (name) => {
    const { account, tokens, headers } = await auth.logInAs(['member'])
    const requestId = `r-${newId()}`
    // A source of its own, so that no other test's guesses count here.
    const address = `198.51.100.${1 + Object.keys(acts).indexOf(name)}`
    const plain = { ...(await auth.ctx.tokens.asService('gateway')), 'x-forwarded-for': address, 'x-request-id': requestId }
    const admin = { ...plain, ...(await auth.logInAs(['admin'])).headers }
    const { action, ...told } = await acts[name]!({ account, tokens, own: { ...plain, ...headers }, admin, plain })
    const entry = (await readAudits(auth.pool, requestId)).find((one) => one.action === action)
    expect(entry, action).toMatchObject({ ...told, address })
    expect(listAudited('auth').find(([id]) => id === name.split(',')[0])![1]).toContain(action)
    const written = JSON.stringify((await auth.pool.query('SELECT data FROM outbox')).rows)
    for (const secret of [address, account.email, 'Secret Person']) expect(written).not.toContain(secret)
  })
})

it('whoever knocks on while waiting is told of once a minute, and for unknown addresses too', async () => {
  const email = auth.newEmail()
  const requestId = `r-${newId()}`
  const headers = { ...(await auth.ctx.tokens.asService('gateway')), 'x-forwarded-for': '203.0.113.77', 'x-request-id': requestId }
  const throttled = async () => (await readAudits(auth.pool, requestId)).filter(({ action }) => action === 'session.throttled')
  const knock = async (times: number) => {
    for (let time = 0; time < times; time += 1) await send('POST', '/v1/auth/login', headers, { email, password: 'wrong' })
  }
  await knock(9)
  expect(await throttled()).toEqual([expect.objectContaining({ person: null, subject: null, address: '203.0.113.77' })])
  auth.time.advance({ minutes: 2 })
  await knock(4)
  expect(await throttled()).toHaveLength(2)
})
