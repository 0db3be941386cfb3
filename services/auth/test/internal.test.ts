import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@alcove/kit'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServiceKeyReader } from '../src/crypto/key-sources.ts'
import { setRoles } from '../src/domain/set-roles.ts'
import { type AuthSuite, password, startAuth } from './harness.ts'

let auth: AuthSuite
let asUser: Record<string, string>
beforeAll(async () => {
  auth = await startAuth()
  asUser = await auth.asService('user')
})
afterAll(() => auth.stop())

describe('access', () => {
  it('needs the service token of a declared caller; a person’s token opens nothing', async () => {
    const { account, headers } = await auth.logInAs(['admin'])
    const url = `/internal/accounts/${account.id}`
    expect((await auth.get(url)).statusCode).toBe(401)
    expect((await auth.get(url, headers)).statusCode).toBe(401)
    expect((await auth.get(url, await auth.asService('payment'))).statusCode).toBe(403)
    expect((await auth.get(url, asUser)).statusCode).toBe(200)
    const elsewhere = await auth.ctx.tokens.serviceToken('user', 'booking')
    expect((await auth.get(url, { 'x-service-authorization': `Bearer ${elsewhere}` })).statusCode).toBe(401)
  })
})

describe('GET /internal/accounts/{id}', () => {
  it('200 with what auth knows, 404 for nobody', async () => {
    const { id, email } = await auth.createAccount({ displayName: 'Ann' })
    const answer = await auth.get(`/internal/accounts/${id}`, asUser)
    expect(answer.json()).toEqual({
      id,
      email,
      displayName: 'Ann',
      roles: ['member'],
      status: 'active',
      createdAt: expect.stringMatching(/Z$/),
      version: expect.any(Number),
    })
    expect((await auth.get(`/internal/accounts/${newId()}`, asUser)).statusCode).toBe(404)
  })
})

describe('POST /internal/accounts/lookup', () => {
  const lookup = async (body: object): Promise<string[]> =>
    (await auth.post('/internal/accounts/lookup', body, { headers: asUser })).json().items.map((account: { id: string }) => account.id)

  it('finds by ids, leaving out unknown ones, and by a part of the address, newest first and in pages', async () => {
    const made = []
    for (const name of ['lookup_a', 'lookup_b', 'lookupxc']) made.push((await auth.createAccount({ email: `${name}@example.com` })).id)
    const [a, b, c] = made as [string, string, string]
    expect(await lookup({ ids: [a, newId(), b] })).toEqual([b, a])
    expect(await lookup({ emailContains: 'LOOKUP' })).toEqual([c, b, a])
    expect(await lookup({ emailContains: 'lookup', limit: 2 })).toEqual([c, b])
    expect(await lookup({ emailContains: 'lookup', limit: 2, beforeId: b })).toEqual([a])
    expect(await lookup({ emailContains: 'lookup_' }), 'an underscore is no wildcard').toEqual([b, a])
    expect(await lookup({ emailContains: '%' }), 'nor is a percent sign').toEqual([])
  })
})

describe('POST /internal/accounts/{id}/deactivate', () => {
  it('ends every session, refuses logins and refreshes, and changes nothing when repeated', async () => {
    const actorUserId = await auth.adminId()
    const { account, tokens } = await auth.logInAs(['member'])
    for (let time = 0; time < 2; time += 1) {
      const answer = await auth.post(`/internal/accounts/${account.id}/deactivate`, { actorUserId }, { headers: asUser })
      expect(answer.json()).toMatchObject({ id: account.id, status: 'deactivated' })
    }
    expect((await auth.post('/v1/auth/refresh', { refreshToken: tokens.refreshToken })).statusCode).toBe(401)
    expect((await auth.post('/v1/auth/login', { email: account.email, password })).statusCode).toBe(401)
    const types = (await auth.outbox({ key: account.id })).map(({ type }) => type)
    expect(types.slice(-2)).toEqual(['account.session-revoked.v1', 'account.deactivated.v1'])
    expect((await auth.audits('account.deactivated')).filter(({ subject }) => subject === account.id)).toEqual([
      expect.objectContaining({ actor: { type: 'user', id: actorUserId } }),
    ])
  })

  it('404 for nobody', async () => {
    const answer = await auth.post(`/internal/accounts/${newId()}/deactivate`, { actorUserId: newId() }, { headers: asUser })
    expect(answer.statusCode).toBe(404)
  })
})

describe('POST /internal/accounts/{id}/reactivate', () => {
  it('lets the person log in again with the password they had, ends no silence of old sessions, and changes nothing when repeated', async () => {
    const actorUserId = await auth.adminId()
    const { account, tokens } = await auth.logInAs(['member'])
    await auth.post(`/internal/accounts/${account.id}/deactivate`, { actorUserId }, { headers: asUser })
    for (let time = 0; time < 2; time += 1) {
      const answer = await auth.post(`/internal/accounts/${account.id}/reactivate`, { actorUserId }, { headers: asUser })
      expect(answer.json()).toMatchObject({ id: account.id, status: 'active' })
    }
    const events = await auth.outbox({ key: account.id })
    expect(events.map(({ type }) => type).slice(-2)).toEqual(['account.deactivated.v1', 'account.reactivated.v1'])
    expect(events.at(-1)!.data.version).toBe(events.at(-2)!.data.version + 1)
    expect((await auth.audits('account.reactivated')).filter(({ subject }) => subject === account.id)).toEqual([
      expect.objectContaining({ actor: { type: 'user', id: actorUserId } }),
    ])
    expect((await auth.post('/v1/auth/refresh', { refreshToken: tokens.refreshToken })).statusCode).toBe(401)
    expect((await auth.post('/v1/auth/login', { email: account.email, password })).statusCode).toBe(200)
  })

  it('an address that was never confirmed is not confirmed by it', async () => {
    const email = auth.newEmail()
    await auth.post('/v1/auth/register', { email, password, displayName: 'Ann' })
    const { id } = (await auth.findAccountByEmail(email))!
    await auth.post(`/internal/accounts/${id}/deactivate`, { actorUserId: await auth.adminId() }, { headers: asUser })
    const answer = await auth.post(`/internal/accounts/${id}/reactivate`, { actorUserId: await auth.adminId() }, { headers: asUser })
    expect(answer.json().status).toBe('unverified')
  })

  it('404 for nobody, 400 without an actor, 401 and 403 for other callers', async () => {
    const url = `/internal/accounts/${newId()}/reactivate`
    expect((await auth.post(url, { actorUserId: newId() }, { headers: asUser })).statusCode).toBe(404)
    expect((await auth.post(url, {}, { headers: asUser })).statusCode).toBe(400)
    expect((await auth.post(url, { actorUserId: newId() })).statusCode).toBe(401)
    expect((await auth.post(url, { actorUserId: newId() }, { headers: await auth.asService('payment') })).statusCode).toBe(403)
  })
})

describe('an actor who is no admin any more', () => {
  it('deactivates and reactivates nobody, whatever the calling service believes', async () => {
    const [actor, one] = [await auth.createAccount({ roles: ['operator'] }), await auth.createAccount()]
    for (const act of ['deactivate', 'reactivate']) {
      const answer = await auth.post(`/internal/accounts/${one.id}/${act}`, { actorUserId: actor.id }, { headers: asUser })
      expect([act, answer.statusCode]).toEqual([act, 403])
    }
    expect((await auth.outbox({ key: one.id })).map(({ type }) => type)).not.toContain('account.deactivated.v1')
  })
})

describe('GET /internal/one-time-tokens/{id}', () => {
  it('gives the mail’s token until it is used or overdue', async () => {
    const email = auth.newEmail()
    await auth.post('/v1/auth/register', { email, password, displayName: 'Ann' })
    const { id: userId } = (await auth.findAccountByEmail(email))!
    const requested = (await auth.outbox({ key: userId })).at(-1)!
    const url = `/internal/one-time-tokens/${requested.data.oneTimeTokenId}`
    const headers = await auth.asService('notification')
    const answer = await auth.get(url, headers)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.json()).toMatchObject({ id: requested.data.oneTimeTokenId, purpose: 'verify-email', userId, email, displayName: 'Ann' })
    expect((await auth.get(url, headers)).json().token).toBe(answer.json().token)
    expect((await auth.post('/v1/auth/verify-email', { token: answer.json().token })).statusCode).toBe(204)
    expect((await auth.get(url, headers)).statusCode).toBe(404)
    await auth.post('/v1/auth/password/forgot', { email })
    const reset = `/internal/one-time-tokens/${(await auth.outbox({ key: userId })).at(-1)!.data.oneTimeTokenId}`
    expect((await auth.get(reset, headers)).json().purpose).toBe('reset-password')
    auth.time.advance({ hours: 1, seconds: 1 })
    expect((await auth.get(reset, headers)).statusCode).toBe(404)
  })
})

describe('GET /internal/revocations', () => {
  it('lists changes of roles within a token’s life, with the version that tokens must have', async () => {
    const { id } = await auth.createAccount()
    const actorUserId = await auth.adminId()
    for (const roles of [['operator'], ['member']] as const) {
      await setRoles(auth.deps, { userId: id, roles, actorUserId, origin: { address: '', userAgent: null, requestId: null } })
    }
    const list = async () =>
      (await auth.get('/internal/revocations', await auth.asService('gateway'))).json().roleChanges.filter((item: { userId: string }) => item.userId === id)
    const told = (await auth.outbox({ key: id })).at(-1)!
    expect(told.type).toBe('account.roles-changed.v1')
    auth.time.advance({ minutes: 15 })
    expect(await list()).toEqual([{ userId: id, version: told.data.version }])
    auth.time.advance({ minutes: 10 })
    expect(await list()).toEqual([])
  })

  it('lists what was revoked within a token’s life, sessions and people', async () => {
    const one = await auth.logInAs(['member'])
    const other = await auth.logInAs(['member'])
    await auth.post('/v1/auth/logout', undefined, { headers: one.headers })
    await auth.post(`/internal/accounts/${other.account.id}/deactivate`, { actorUserId: await auth.adminId() }, { headers: asUser })
    const list = async () =>
      (await auth.get('/internal/revocations', await auth.asService('gateway'))).json().items as { userId: string; sessionId: string | null }[]
    const of = async (userId: string) => (await list()).filter((item) => item.userId === userId).map((item) => item.sessionId)
    auth.time.advance({ minutes: 15 })
    expect(await of(one.account.id)).toEqual([decodeJwt(one.tokens.accessToken).sid])
    expect(await of(other.account.id)).toEqual([decodeJwt(other.tokens.accessToken).sid, null])
    auth.time.advance({ minutes: 10 })
    expect(await of(one.account.id)).toEqual([])
  })
})

describe('GET /.well-known/service-jwks.json', () => {
  it('serves the public members of the configured file, follows its changes, and is 404 without one', async () => {
    expect((await auth.get('/.well-known/service-jwks.json')).statusCode).toBe(404)
    const dir = await mkdtemp(join(tmpdir(), 'alcove-auth-'))
    const file = join(dir, 'jwks.json')
    await writeFile(file, JSON.stringify({ keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'secret', kid: 'one' }] }))
    const { app } = auth.build({ readServiceKeys: createServiceKeyReader(file) })
    const answer = await app.inject({ method: 'GET', url: '/.well-known/service-jwks.json' })
    expect(answer.json()).toEqual({ keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'one' }] })
    await app.close()
    await rm(dir, { recursive: true })
  })
  it('is 503 while the keys were never read', async () => {
    const { app } = auth.build({ readServiceKeys: () => Promise.reject(new Error('away')) })
    expect((await app.inject({ method: 'GET', url: '/.well-known/service-jwks.json' })).json()).toMatchObject({ status: 503, dependency: 'cluster' })
    await app.close()
  })
})
