import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureFirstAdmin } from '../src/domain/ensure-account.ts'
import { type AuthSuite, bearer, password, startAuth } from './harness.ts'

let auth: AuthSuite
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

const forgot = (email: string) => auth.post('/v1/auth/password/forgot', { email })
const reset = (token: string, given: string) => auth.post('/v1/auth/password/reset', { token, password: given })
const login = (email: string, given: string) => auth.post('/v1/auth/login', { email, password: given })
const refresh = ({ refreshToken }: { refreshToken: string }) => auth.post('/v1/auth/refresh', { refreshToken })
const change = (tokens: { accessToken: string }, currentPassword: string, newPassword: string) =>
  auth.post('/v1/auth/password/change', { currentPassword, newPassword }, { headers: bearer(tokens) })

describe('POST /v1/auth/password/forgot', () => {
  it('202 for everybody alike, and a mail for active accounts only', async () => {
    const { id, email } = await auth.createAccount()
    const unverified = auth.newEmail()
    await auth.post('/v1/auth/register', { email: unverified, password, displayName: 'Ann' })
    const answers = [await forgot(email), await forgot(auth.newEmail()), await forgot(unverified)]
    expect(new Set(answers.map(({ statusCode, body }) => `${statusCode}${body}`))).toEqual(new Set(['202']))
    expect((await auth.outbox({ type: 'account.password-reset-requested.v1' })).map(({ key }) => key)).toEqual([id])
    expect(await auth.audits('password.reset-requested')).toHaveLength(3)
  })

  it('400 names the field', async () => {
    expect((await forgot('nobody')).json().errors[0].pointer).toBe('/email')
  })
})

describe('one of the commonest passwords', () => {
  it.each(['password1', 'PassWord1', 'ｐａｓｓｗｏｒｄ1', '12345678', 'qwertyuiop'])('%s is refused with a reason, wherever one is chosen', async (common) => {
    const { id, email } = await auth.createAccount()
    const tokens = await auth.login(email)
    await forgot(email)
    const [token] = await auth.mailedTokens(id)
    const answers = {
      '/password': [await auth.post('/v1/auth/register', { email: auth.newEmail(), password: common, displayName: 'Ann' }), await reset(token!, common)],
      '/newPassword': [await change(tokens, password, common)],
    }
    for (const [pointer, refused] of Object.entries(answers)) {
      for (const answer of refused) {
        expect([answer.statusCode, answer.json().errors]).toEqual([
          400,
          [{ pointer, code: 'common-password', detail: expect.stringContaining('choose another') }],
        ])
      }
    }
    expect((await login(email, password)).statusCode).toBe(200)
    expect((await reset(token!, 'a wholly new password')).statusCode).toBe(204)
  })

  it('that an account has already still opens it', async () => {
    const { id, email } = await auth.createAccount()
    await auth.pool.query('UPDATE account SET password_hash = $2 WHERE id = $1', [id, await auth.deps.hasher.hash('password1')])
    expect((await login(email, 'password1')).statusCode).toBe(200)
  })
})

describe('a new password', () => {
  it('is told by an event, with how it came about', async () => {
    const { id, email } = await auth.createAccount()
    const tokens = await auth.login(email)
    expect((await change(tokens, password, 'a wholly new password')).statusCode).toBe(204)
    await forgot(email)
    expect((await reset((await auth.mailedTokens(id))[0]!, 'another new password')).statusCode).toBe(204)
    const told = (await auth.outbox({ key: id })).filter(({ type }) => type === 'account.password-changed.v1')
    expect(told.map(({ data }) => (data as { how?: string }).how)).toEqual(['changed', 'reset'])
  })

  it('may be asked for again and again by whoever uses the mails: only unused ones count', async () => {
    const { id, email } = await auth.createAccount()
    for (let round = 0; round < 7; round += 1) {
      await forgot(email)
      const [token] = await auth.mailedTokens(id)
      expect([round, (await reset(token!, `a wholly new password ${round}`)).statusCode]).toEqual([round, 204])
    }
    for (let unused = 0; unused < 8; unused += 1) await forgot(email)
    expect((await auth.outbox({ key: id })).filter(({ type }) => type === 'account.password-reset-requested.v1')).toHaveLength(7 + 5)
  })
})

describe('POST /v1/auth/password/reset', () => {
  it('204 sets the password, ends every session with an event each, and works once', async () => {
    const { id, email } = await auth.createAccount()
    const sessions = [await auth.login(email), await auth.login(email)]
    await forgot(email)
    const [token] = await auth.mailedTokens(id)
    expect((await reset(token!, 'a wholly new password')).statusCode).toBe(204)
    for (const session of sessions) expect((await refresh(session)).statusCode).toBe(401)
    const revoked = (await auth.outbox({ key: id })).filter(({ type }) => type === 'account.session-revoked.v1').map(({ data }) => data.sessionId)
    expect(revoked.sort()).toEqual(sessions.map(({ accessToken }) => decodeJwt(accessToken).sid as string).sort())
    expect((await login(email, password)).statusCode).toBe(401)
    expect((await login(email, 'a wholly new password')).statusCode).toBe(200)
    expect((await reset(token!, 'yet another password')).statusCode).toBe(401)
  })

  it('makes older mails useless, too', async () => {
    const { id, email } = await auth.createAccount()
    await forgot(email)
    await forgot(email)
    const [newer, older] = await auth.mailedTokens(id)
    expect((await reset(newer!, 'a wholly new password')).statusCode).toBe(204)
    expect((await reset(older!, 'an old mail’s password')).statusCode).toBe(401)
  })

  it('401 for made-up and overdue tokens, before any hash is paid for', async () => {
    const { id, email } = await auth.createAccount()
    await forgot(email)
    const [token] = await auth.mailedTokens(id)
    auth.time.advance({ hours: 1, seconds: 1 })
    let hashed = 0
    const { app } = auth.build({ hasher: { ...auth.deps.hasher, hash: (given) => ((hashed += 1), auth.deps.hasher.hash(given)) } })
    for (const given of [token, 'made-up']) {
      const answer = await app.inject({ method: 'POST', url: '/v1/auth/password/reset', payload: { token: given, password: 'a wholly new password' } })
      expect(answer.statusCode).toBe(401)
    }
    expect(hashed).toBe(0)
    await app.close()
  })

  it('lets exactly one of several concurrent uses through', async () => {
    const { id, email } = await auth.createAccount()
    await forgot(email)
    const [token] = await auth.mailedTokens(id)
    const answers = await Promise.all(Array.from({ length: 6 }, (_, index) => reset(token!, `the password of try ${index}`)))
    const won = answers.findIndex(({ statusCode }) => statusCode === 204)
    expect(answers.filter(({ statusCode }) => statusCode === 204)).toHaveLength(1)
    expect((await login(email, `the password of try ${won}`)).statusCode).toBe(200)
  })

  it('400 for a password of seven characters, with the token unused', async () => {
    const { id, email } = await auth.createAccount()
    await forgot(email)
    const [token] = await auth.mailedTokens(id)
    expect((await reset(token!, 'seven77')).json().errors[0].pointer).toBe('/password')
    expect((await reset(token!, 'eight888')).statusCode).toBe(204)
  })
})

describe('POST /v1/auth/password/change', () => {
  it('204 keeps the asking session and ends the others', async () => {
    const { email } = await auth.createAccount()
    const [asking, other] = [await auth.login(email), await auth.login(email)]
    expect((await change(asking, password, 'a wholly new password')).statusCode).toBe(204)
    expect((await refresh(other)).statusCode).toBe(401)
    expect((await refresh(asking)).statusCode).toBe(200)
    expect((await login(email, 'a wholly new password')).statusCode).toBe(200)
    expect((await login(email, password)).statusCode).toBe(401)
  })

  it('401 for a wrong current password, slowed like a login', async () => {
    const { email } = await auth.createAccount()
    const tokens = await auth.login(email)
    for (let guess = 0; guess < 5; guess += 1) expect((await change(tokens, 'wrong password', 'a wholly new password')).statusCode).toBe(401)
    expect((await change(tokens, password, 'a wholly new password')).statusCode).toBe(429)
    auth.time.advance({ seconds: 1 })
    expect((await change(tokens, password, 'a wholly new password')).statusCode).toBe(204)
  })

  it('lets one of two concurrent changes win', async () => {
    const { email } = await auth.createAccount()
    const tokens = await auth.login(email)
    const answers = await Promise.all([change(tokens, password, 'the first new one'), change(tokens, password, 'the second new one')])
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([204, 401])
  })

  it('401 without a token; 400 names every field', async () => {
    expect((await auth.post('/v1/auth/password/change', {})).statusCode).toBe(401)
    const { headers } = await auth.logInAs(['member'])
    const answer = await auth.post('/v1/auth/password/change', { newPassword: 'short' }, { headers })
    expect(
      answer
        .json()
        .errors.map((error: { pointer: string }) => error.pointer)
        .sort(),
    ).toEqual(['/currentPassword', '/newPassword'])
  })
})

describe('a one-time password', () => {
  const firstAdmin = async () => {
    const email = auth.newEmail()
    const set = () => ensureFirstAdmin(auth.deps, { email, password: 'from-a-secret' })
    await set()
    return { email, set }
  }

  it('opens exactly one session, also when tried many times at once, and survives a restart as used', async () => {
    const { email, set } = await firstAdmin()
    const answers = await Promise.all([1, 2, 3].map(() => login(email, 'from-a-secret')))
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 401, 401])
    await set()
    expect((await login(email, 'from-a-secret')).statusCode).toBe(401)
  })

  it('is replaced in that session by an ordinary one', async () => {
    const { email } = await firstAdmin()
    const tokens = (await login(email, 'from-a-secret')).json<{ accessToken: string }>()
    expect((await change(tokens, 'from-a-secret', 'chosen by herself')).statusCode).toBe(204)
    expect((await login(email, 'from-a-secret')).statusCode).toBe(401)
    for (let time = 0; time < 2; time += 1) expect((await login(email, 'chosen by herself')).statusCode).toBe(200)
  })
})
