import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setRoles } from '../src/domain/set-roles.ts'
import { type AuthSuite, startAuth } from './harness.ts'

let auth: AuthSuite
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

const refresh = (refreshToken: string) => auth.post('/v1/auth/refresh', { refreshToken })
const origin = { address: '', userAgent: null, requestId: null }

describe('200', () => {
  it('rotates: a new pair for the same session, again and again', async () => {
    const { email } = await auth.createAccount()
    let tokens = await auth.login(email)
    const { sid } = decodeJwt(tokens.accessToken)
    for (let round = 0; round < 3; round += 1) {
      const answer = await refresh(tokens.refreshToken)
      expect(answer.statusCode).toBe(200)
      expect(Object.keys(answer.json()).sort()).toEqual(['accessToken', 'expiresInSeconds', 'refreshToken', 'tokenType'])
      expect(answer.json().refreshToken).not.toBe(tokens.refreshToken)
      tokens = answer.json()
      expect(decodeJwt(tokens.accessToken).sid).toBe(sid)
    }
  })

  it('reads the roles anew', async () => {
    const { id, email } = await auth.createAccount()
    const tokens = await auth.login(email)
    await setRoles(auth.deps, { userId: id, roles: ['member', 'operator'], actorUserId: await auth.adminId(), origin })
    expect(decodeJwt((await refresh(tokens.refreshToken)).json().accessToken).roles).toEqual(['member', 'operator'])
  })

  it('works until 30 days after the last use', async () => {
    const { email } = await auth.createAccount()
    const tokens = await auth.login(email)
    auth.time.advance({ days: 29 })
    const next = await refresh(tokens.refreshToken)
    expect(next.statusCode).toBe(200)
    auth.time.advance({ days: 29 })
    expect((await refresh(next.json().refreshToken)).statusCode).toBe(200)
  })
})

describe('401 token-reused', () => {
  const family = async () => {
    const { id, email } = await auth.createAccount()
    const first = await auth.login(email)
    const second = (await refresh(first.refreshToken)).json()
    return { id, email, first, second }
  }
  const revoked = async (id: string) =>
    (await auth.outbox({ key: id })).filter(({ type }) => type === 'account.session-revoked.v1').map(({ data }) => data.sessionId)

  it('ends the whole family when a used token comes again after 20 s, with one event', async () => {
    const { id, first, second } = await family()
    auth.time.advance({ seconds: 21 })
    const stolen = await refresh(first.refreshToken)
    expect(stolen.statusCode).toBe(401)
    expect(stolen.json().type).toBe('/problems/token-reused')
    expect((await refresh(second.refreshToken)).statusCode).toBe(401)
    await refresh(first.refreshToken)
    expect(await revoked(id)).toEqual([decodeJwt(first.accessToken).sid])
  })

  it('ends it at once when the token is older than the one just before the newest', async () => {
    const { id, first, second } = await family()
    const third = (await refresh(second.refreshToken)).json()
    expect((await refresh(first.refreshToken)).json().type).toBe('/problems/token-reused')
    expect((await refresh(third.refreshToken)).statusCode).toBe(401)
    expect(await revoked(id)).toHaveLength(1)
  })

  it('leaves the person’s other sessions alone', async () => {
    const { email, first } = await family()
    const other = await auth.login(email)
    auth.time.advance({ seconds: 21 })
    expect((await refresh(first.refreshToken)).statusCode).toBe(401)
    expect((await refresh(other.refreshToken)).statusCode).toBe(200)
  })
})

describe('200 for two tabs and lost answers', () => {
  it('the token just before the newest gets the same successor again for 20 s, and the session goes on from it', async () => {
    const { email } = await auth.createAccount()
    const first = await auth.login(email)
    const [one, again] = [(await refresh(first.refreshToken)).json(), (await refresh(first.refreshToken)).json()]
    expect(again.refreshToken).toBe(one.refreshToken)
    expect(decodeJwt(again.accessToken).sid).toBe(decodeJwt(first.accessToken).sid)
    auth.time.advance({ seconds: 19 })
    expect((await refresh(first.refreshToken)).json().refreshToken).toBe(one.refreshToken)
    expect((await refresh(one.refreshToken)).statusCode).toBe(200)
  })

  it('many concurrent uses on two replicas get one and the same successor, over many rounds, and no session ends', async () => {
    const replicas = [auth.app, auth.build().app]
    const { id, email } = await auth.createAccount()
    for (let round = 0; round < 20; round += 1) {
      const { refreshToken } = await auth.login(email)
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) => replicas[index % 2]!.inject({ method: 'POST', url: '/v1/auth/refresh', payload: { refreshToken } })),
      )
      expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 8 }, () => 200))
      const successors = new Set(answers.map((answer) => answer.json().refreshToken))
      expect(successors.size).toBe(1)
      expect((await refresh([...successors][0]!)).statusCode).toBe(200)
    }
    expect((await auth.outbox({ key: id })).map(({ type }) => type)).not.toContain('account.session-revoked.v1')
    await replicas[1]!.close()
  })

  it('no token is stored: neither it nor its successor can be read from the database', async () => {
    const { email } = await auth.createAccount()
    const first = await auth.login(email)
    const { refreshToken } = (await refresh(first.refreshToken)).json()
    const { rows } = await auth.pool.query('SELECT * FROM refresh_token')
    const stored = JSON.stringify(rows)
    for (const token of [first.refreshToken, refreshToken]) {
      expect(stored).not.toContain(token)
      expect(stored).not.toContain(JSON.stringify(Buffer.from(token.slice(4), 'base64url')))
    }
  })
})

describe('a session’s longest life', () => {
  it('is 90 days, however often it is refreshed', async () => {
    const { email } = await auth.createAccount()
    let { refreshToken } = await auth.login(email)
    for (const days of [29, 29, 29]) {
      auth.time.advance({ days })
      refreshToken = (await refresh(refreshToken)).json().refreshToken
    }
    auth.time.advance({ days: 3, seconds: 1 })
    expect((await refresh(refreshToken)).json().type).toBe('/problems/invalid-credentials')
  })

  it('is SESSION_MAX_DAYS, also for sessions that began under a longer one', async () => {
    const { email } = await auth.createAccount()
    const { refreshToken } = await auth.login(email)
    auth.time.advance({ days: 2 })
    const { app } = auth.build({ sessionMaxDays: 1 })
    expect((await app.inject({ method: 'POST', url: '/v1/auth/refresh', payload: { refreshToken } })).json().type).toBe('/problems/invalid-credentials')
    await app.close()
  })
})

describe('401 invalid-credentials', () => {
  it('refuses an unknown, an overdue and an ended session’s token', async () => {
    expect((await refresh('alr_nothing')).json().type).toBe('/problems/invalid-credentials')
    const { email } = await auth.createAccount()
    const overdue = await auth.login(email)
    auth.time.advance({ days: 30, seconds: 1 })
    expect((await refresh(overdue.refreshToken)).json().type).toBe('/problems/invalid-credentials')
    const ended = await auth.login(email)
    await auth.post('/v1/auth/logout', undefined, { headers: { authorization: `Bearer ${ended.accessToken}` } })
    expect((await refresh(ended.refreshToken)).json().type).toBe('/problems/invalid-credentials')
  })
})

it('400 names the missing token', async () => {
  const answer = await auth.post('/v1/auth/refresh', {})
  expect(answer.statusCode).toBe(400)
  expect(answer.json().errors).toEqual([expect.objectContaining({ pointer: '/refreshToken', code: 'required' })])
})
