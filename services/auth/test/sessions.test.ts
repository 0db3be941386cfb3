import { operations } from '@alcove/contracts'
import { newId } from '@alcove/kit'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { logOut } from '../src/domain/end-session.ts'
import { type AuthSuite, bearer, password, startAuth } from './harness.ts'

let auth: AuthSuite
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

const list = async (tokens: { accessToken: string }, query = '') => (await auth.get(`/v1/auth/sessions${query}`, bearer(tokens))).json()
const end = (id: string, tokens: { accessToken: string }) => auth.app.inject({ method: 'DELETE', url: `/v1/auth/sessions/${id}`, headers: bearer(tokens) })
const sidOf = (tokens: { accessToken: string }) => decodeJwt(tokens.accessToken).sid as string

describe('GET /v1/auth/sessions', () => {
  it('lists the caller’s live sessions only, newest first, and marks the current one', async () => {
    const { email } = await auth.createAccount()
    const first = await auth.login(email, undefined, { headers: { 'user-agent': 'tests/1' } })
    const second = await auth.login(email)
    await auth.logInAs(['member'])
    const { items, nextCursor } = await list(first)
    expect(items.map((session: { id: string }) => session.id)).toEqual([sidOf(second), sidOf(first)])
    expect(items[1]).toEqual({
      id: sidOf(first),
      current: true,
      userAgent: 'tests/1',
      createdAt: expect.stringMatching(/:\d\dZ$/),
      lastUsedAt: expect.stringMatching(/Z$/),
      expiresAt: expect.stringMatching(/Z$/),
    })
    expect(nextCursor).toBeNull()
  })

  it('pages', async () => {
    const { email } = await auth.createAccount()
    const all = [await auth.login(email), await auth.login(email), await auth.login(email)].map(sidOf).reverse()
    const tokens = await auth.login(email)
    const first = await list(tokens, '?limit=2')
    const second = await list(tokens, `?limit=2&cursor=${first.nextCursor}`)
    expect([...first.items, ...second.items].map((session: { id: string }) => session.id)).toEqual([sidOf(tokens), ...all])
    expect(second.nextCursor).toBeNull()
    expect((await auth.get('/v1/auth/sessions?cursor=nonsense', bearer(tokens))).statusCode).toBe(400)
  })

  it('401 without a token', async () => {
    expect((await auth.get('/v1/auth/sessions')).statusCode).toBe(401)
  })
})

describe('DELETE /v1/auth/sessions/{id}', () => {
  it('204 ends another session of the caller, with its event', async () => {
    const { id, email } = await auth.createAccount()
    const [kept, ended] = [await auth.login(email), await auth.login(email)]
    expect((await end(sidOf(ended), kept)).statusCode).toBe(204)
    expect((await auth.post('/v1/auth/refresh', { refreshToken: ended.refreshToken })).statusCode).toBe(401)
    expect((await auth.outbox({ key: id })).at(-1)).toMatchObject({ type: 'account.session-revoked.v1', data: { sessionId: sidOf(ended) } })
    expect((await end(sidOf(ended), kept)).statusCode).toBe(404)
  })

  it('404 for another person’s session, which lives on', async () => {
    const mine = await auth.logInAs(['member', 'admin'])
    const theirs = await auth.logInAs(['member'])
    expect((await end(sidOf(theirs.tokens), mine.tokens)).statusCode).toBe(404)
    expect((await auth.post('/v1/auth/refresh', { refreshToken: theirs.tokens.refreshToken })).statusCode).toBe(200)
  })

  it('400 for what is no id', async () => {
    const { tokens } = await auth.logInAs(['member'])
    expect((await end('nonsense', tokens)).statusCode).toBe(400)
  })
})

describe('POST /v1/auth/logout', () => {
  it('204 ends the current session, once', async () => {
    const { account, tokens, headers } = await auth.logInAs(['member'])
    expect((await auth.post('/v1/auth/logout', undefined, { headers })).statusCode).toBe(204)
    expect((await auth.post('/v1/auth/logout', {}, { headers })).statusCode).toBe(204)
    expect((await auth.post('/v1/auth/refresh', { refreshToken: tokens.refreshToken })).statusCode).toBe(401)
    expect((await auth.outbox({ key: account.id })).filter(({ type }) => type === 'account.session-revoked.v1')).toHaveLength(1)
    expect((await auth.audits('session.ended')).at(-1)).toMatchObject({ actor: { id: account.id }, subject: sidOf(tokens) })
  })

  it('401 without a token, 400 with a body', async () => {
    expect((await auth.post('/v1/auth/logout')).statusCode).toBe(401)
    const { headers } = await auth.logInAs(['member'])
    expect((await auth.post('/v1/auth/logout', { all: true }, { headers })).statusCode).toBe(400)
  })
})

describe('a token whose session has ended', () => {
  const mine = operations.filter(({ service, access }) => service === 'auth' && ['user', 'operator', 'admin'].includes(access))

  it.each(mine.map((operation) => [operation.id, operation] as const))('%s refuses it', async (id, { method, path }) => {
    const { account, headers } = await auth.logInAs(['admin'])
    await auth.post('/v1/auth/logout', undefined, { headers })
    const payload = { 'set-roles': { roles: ['admin'] }, 'change-password': { currentPassword: password, newPassword: 'another good one' } }[id]
    const answer = await auth.app.inject({ method, url: path.replace('{id}', account.id), headers, ...(payload && { payload }) })
    // Logging out again has nothing left to do.
    expect([id, answer.statusCode]).toEqual([id, id === 'logout' ? 204 : 401])
    expect((await auth.post('/v1/auth/login', { email: account.email, password })).statusCode).toBe(200)
  })

  it('changes no password when it ends while passwords are compared', async () => {
    const { account, tokens, headers } = await auth.logInAs(['member'])
    const { app } = auth.build({
      hasher: {
        ...auth.deps.hasher,
        async verify(...given) {
          const right = await auth.deps.hasher.verify(...given)
          await logOut(auth.deps, { userId: account.id, sessionId: sidOf(tokens), origin: { address: '', userAgent: null, requestId: null } })
          return right
        },
      },
    })
    const payload = { currentPassword: password, newPassword: 'another good one' }
    expect((await app.inject({ method: 'POST', url: '/v1/auth/password/change', headers, payload })).statusCode).toBe(401)
    await app.close()
    expect((await auth.post('/v1/auth/login', { email: account.email, password })).statusCode).toBe(200)
  })
})

describe('DELETE /v1/auth/users/{id}/sessions', () => {
  const endAll = (id: string, headers?: Record<string, string>) => auth.app.inject({ method: 'DELETE', url: `/v1/auth/users/${id}/sessions`, headers })

  it('204 ends every session of the person and no other, tells each, and says who did it; again 204', async () => {
    const [admin, ann, ben] = [await auth.logInAs(['admin']), await auth.logInAs(['member']), await auth.logInAs(['member'])]
    const second = (await auth.post('/v1/auth/login', { email: ann.account.email, password })).json()
    for (let time = 0; time < 2; time += 1) expect((await endAll(ann.account.id, admin.headers)).statusCode).toBe(204)
    for (const { refreshToken } of [ann.tokens, second]) expect((await auth.post('/v1/auth/refresh', { refreshToken })).statusCode).toBe(401)
    expect((await auth.post('/v1/auth/refresh', { refreshToken: ben.tokens.refreshToken })).statusCode).toBe(200)
    const told = (await auth.outbox({ key: ann.account.id })).filter(({ type }) => type === 'account.session-revoked.v1')
    expect(told).toHaveLength(2)
    expect((await auth.audits('sessions.ended')).filter(({ subject }) => subject === ann.account.id)[0]).toMatchObject({
      actor: { type: 'user', id: admin.account.id },
    })
    expect((await auth.post('/v1/auth/login', { email: ann.account.email, password })).statusCode).toBe(200)
  })

  it('401 without a token, 403 for everybody but admins, 404 for nobody, 400 for what is no id', async () => {
    const [admin, operator] = [await auth.logInAs(['admin']), await auth.logInAs(['operator'])]
    expect((await endAll(operator.account.id)).statusCode).toBe(401)
    expect((await endAll(operator.account.id, operator.headers)).statusCode).toBe(403)
    expect((await endAll(newId(), admin.headers)).statusCode).toBe(404)
    expect((await endAll('x', admin.headers)).statusCode).toBe(400)
  })
})
