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
  it('ends the whole family when a used token comes again, with one event', async () => {
    const { id, email } = await auth.createAccount()
    const first = await auth.login(email)
    const second = (await refresh(first.refreshToken)).json()
    const stolen = await refresh(first.refreshToken)
    expect(stolen.statusCode).toBe(401)
    expect(stolen.json().type).toBe('/problems/token-reused')
    expect((await refresh(second.refreshToken)).statusCode).toBe(401)
    await refresh(first.refreshToken)
    const events = (await auth.outbox({ key: id })).filter(({ type }) => type === 'account.session-revoked.v1')
    expect(events.map(({ data }) => data.sessionId)).toEqual([decodeJwt(first.accessToken).sid])
  })

  it('leaves the person’s other sessions alone', async () => {
    const { email } = await auth.createAccount()
    const [one, other] = [await auth.login(email), await auth.login(email)]
    await refresh(one.refreshToken)
    await refresh(one.refreshToken)
    expect((await refresh(other.refreshToken)).statusCode).toBe(200)
  })

  it('lets exactly one of many concurrent uses win, on two replicas, over many rounds', async () => {
    const replicas = [auth.app, auth.build().app]
    const { email } = await auth.createAccount()
    for (let round = 0; round < 20; round += 1) {
      const { refreshToken } = await auth.login(email)
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) => replicas[index % 2]!.inject({ method: 'POST', url: '/v1/auth/refresh', payload: { refreshToken } })),
      )
      const statuses = answers.map(({ statusCode }) => statusCode)
      expect(statuses.filter((status) => status === 200).length, statuses.join()).toBeLessThanOrEqual(1)
      for (const answer of answers.filter(({ statusCode }) => statusCode !== 200)) expect(answer.json().type).toBe('/problems/token-reused')
      expect(statuses.filter((status) => status === 200)).toHaveLength(1)
      const winner = answers.find(({ statusCode }) => statusCode === 200)!
      expect((await refresh(winner.json().refreshToken)).statusCode).toBe(401)
    }
    await replicas[1]!.close()
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
