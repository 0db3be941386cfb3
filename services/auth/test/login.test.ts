import { newId } from '@alcove/kit'
import { hash } from '@node-rs/argon2'
import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashingOverloaded } from '../src/errors.ts'
import { createTokenIssuer } from '../src/crypto/access-tokens.ts'
import { createHashQueue } from '../src/crypto/hash-queue.ts'
import { createPasswordHasher } from '../src/crypto/password-hasher.ts'
import { deactivateAccount } from '../src/domain/deactivate-account.ts'
import { throttleKeyOf } from '../src/domain/secrets.ts'
import { type AuthSuite, bearer, password, startAuth } from './harness.ts'

let auth: AuthSuite
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

const from = (remoteAddress: string) => ({ remoteAddress })
const login = (email: string, given: string, options = {}) => auth.post('/v1/auth/login', { email, password: given }, options)

describe('200', () => {
  it('answers a token of 15 minutes with the agreed claims, and audits the login', async () => {
    const { id, email } = await auth.createAccount({ roles: ['member', 'operator'] })
    const answer = await login(email.toUpperCase(), password)
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    const tokens = answer.json()
    expect(tokens).toEqual({ accessToken: expect.any(String), tokenType: 'Bearer', expiresInSeconds: 900, refreshToken: expect.any(String) })
    const claims = decodeJwt(tokens.accessToken)
    expect(Object.keys(claims).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'roles', 'sid', 'sub', 'ver'])
    expect(claims).toMatchObject({ iss: 'http://auth', aud: 'alcove', sub: id, roles: ['member', 'operator'] })
    expect(claims.exp! - claims.iat!).toBe(900)
    expect(decodeProtectedHeader(tokens.accessToken).alg).toBe('ES256')
    expect((await auth.audits('session.started')).at(-1)).toMatchObject({ actor: { type: 'user', id }, subject: claims.sid })
  })

  it('stores only a hash of the refresh token', async () => {
    const { email } = await auth.createAccount()
    const { refreshToken } = await auth.login(email)
    const { rows } = await auth.pool.query(`SELECT t::text AS text FROM refresh_token t`)
    expect(rows.some(({ text }) => (text as string).includes(refreshToken))).toBe(false)
  })

  it('ends the longest unused session beyond 200, with its event', async () => {
    const { id, email } = await auth.createAccount()
    const first = decodeJwt((await auth.login(email)).accessToken).sid as string
    await auth.pool.query(
      `INSERT INTO session (id, account_id, created_at, last_used_at, expires_at)
       SELECT uuidv7(), $1, $2, $2::timestamptz + interval '1 second', $2::timestamptz + interval '1 day' FROM generate_series(1, 199)`,
      [id, auth.time.now()],
    )
    await auth.login(email)
    expect((await auth.outbox({ key: id })).at(-1)).toMatchObject({ type: 'account.session-revoked.v1', data: { sessionId: first } })
  })
})

describe('401 invalid-credentials', () => {
  it('answers a wrong password, an unknown, an unverified and a deactivated account alike, for one hash each', async () => {
    const known = await auth.createAccount()
    const deactivated = await auth.createAccount()
    await deactivateAccount(auth.deps, { userId: deactivated.id, actorUserId: await auth.adminId(), origin: { address: '', userAgent: null, requestId: null } })
    const unverified = auth.newEmail()
    await auth.post('/v1/auth/register', { email: unverified, password, displayName: 'Ann' })
    let compared = 0
    const { app } = auth.build({ hasher: { ...auth.deps.hasher, verify: (...given) => ((compared += 1), auth.deps.hasher.verify(...given)) } })
    const answers = []
    for (const [email, given] of [
      [known.email, 'wrong password'],
      [auth.newEmail(), password],
      [unverified, password],
      [deactivated.email, password],
    ]) {
      answers.push(await app.inject({ method: 'POST', url: '/v1/auth/login', payload: { email, password: given }, remoteAddress: '198.51.100.1' }))
    }
    const shown = answers.map((answer) => {
      const { requestId: _requestId, timestamp: _timestamp, ...problem } = answer.json()
      return { status: answer.statusCode, problem }
    })
    expect(shown[0]).toMatchObject({ status: 401, problem: { type: '/problems/invalid-credentials' } })
    expect(new Set(shown.map((one) => JSON.stringify(one))).size).toBe(1)
    expect(compared).toBe(4)
    await app.close()
  })

  it('audits a refused login under the account, or nobody, and never its address', async () => {
    const { id, email } = await auth.createAccount()
    await login(email, 'wrong password')
    expect((await auth.audits('session.refused')).at(-1)).toMatchObject({ actor: { type: 'user', id: null }, subject: id })
    await login(auth.newEmail(), 'wrong password')
    expect((await auth.audits('session.refused')).at(-1)).toMatchObject({ subject: null })
  })

  it('opens no session for an account that is deactivated while its password is compared', async () => {
    const { id, email } = await auth.createAccount()
    const { app } = auth.build({
      hasher: {
        ...auth.deps.hasher,
        async verify(...given) {
          const right = await auth.deps.hasher.verify(...given)
          await deactivateAccount(auth.deps, { userId: id, actorUserId: await auth.adminId(), origin: { address: '', userAgent: null, requestId: null } })
          return right
        },
      },
    })
    const answer = await app.inject({ method: 'POST', url: '/v1/auth/login', payload: { email, password } })
    expect(answer.statusCode).toBe(401)
    const { rows } = await auth.pool.query('SELECT 1 FROM session WHERE account_id = $1 AND revoked_at IS NULL', [id])
    expect(rows).toHaveLength(0)
    await app.close()
  })
})

describe('429 rate-limited', () => {
  it('slows guessing at an account from one address, and never refuses its owner elsewhere', async () => {
    const { email } = await auth.createAccount()
    for (let guess = 0; guess < 5; guess += 1) expect((await login(email, `guess number ${guess}`, from('192.0.2.1'))).statusCode).toBe(401)
    const slowed = await login(email, 'guess number 5', from('192.0.2.1'))
    expect(slowed.statusCode).toBe(429)
    expect(slowed.json().type).toMatch(/rate-limited$/)
    expect(slowed.headers['retry-after']).toBe('1')
    // Also the right password waits there: who sends it cannot be told from the guesser.
    expect((await login(email, password, from('192.0.2.1'))).statusCode).toBe(429)
    expect((await login(email, password, from('192.0.2.2'))).statusCode).toBe(200)
  })

  it('lets the owner in from the guesser’s own address after the wait, and forgets the failures', async () => {
    const { email } = await auth.createAccount()
    for (let guess = 0; guess < 20; guess += 1) {
      const answer = await login(email, `guess number ${guess}`, from('192.0.2.3'))
      if (answer.statusCode === 429) auth.time.advance({ seconds: Number(answer.headers['retry-after']) })
    }
    auth.time.advance({ seconds: 30 })
    expect((await login(email, password, from('192.0.2.3'))).statusCode).toBe(200)
    for (let guess = 0; guess < 4; guess += 1) expect((await login(email, 'wrong again', from('192.0.2.3'))).statusCode).toBe(401)
  })

  it('waits longer after each failure, up to five minutes', async () => {
    const email = auth.newEmail()
    const waits: number[] = []
    while (waits.length < 8) {
      const answer = await login(email, 'guess', from('192.0.2.4'))
      if (answer.statusCode !== 429) continue
      waits.push(Number(answer.headers['retry-after']))
      auth.time.advance({ seconds: waits.at(-1)! })
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30, 30])
  })

  it('bounds guesses sent at once by the hashing slots', async () => {
    const { email } = await auth.createAccount()
    const answers = await Promise.all(Array.from({ length: 40 }, (_, guess) => login(email, `guess number ${guess}`, from('192.0.2.5'))))
    const heard = answers.filter(({ statusCode }) => statusCode === 401).length
    expect(heard).toBeGreaterThanOrEqual(5)
    expect(heard).toBeLessThan(5 + auth.config.HASH_CONCURRENCY)
  })

  it('bounds the failures of one address over all accounts, and refills with time', async () => {
    const spent = new Date(auth.time.now().getTime() + 201_000)
    const { email } = await auth.createAccount()
    await login(auth.newEmail(), 'guess', from('192.0.2.6'))
    const key = throttleKeyOf(auth.deps.secrets, 'source', '192.0.2.6')
    expect((await auth.pool.query('UPDATE login_throttle SET blocked_until = $1 WHERE key = $2', [spent, key])).rowCount).toBe(1)
    expect((await login(email, password, from('192.0.2.6'))).statusCode).toBe(429)
    auth.time.advance({ seconds: 2 })
    expect((await login(email, password, from('192.0.2.6'))).statusCode).toBe(200)
  })

  it('believes X-Forwarded-For from the gateway only, and its last entry', async () => {
    const { email } = await auth.createAccount()
    const gateway = await auth.asService('gateway')
    const guess = (headers: Record<string, string>) => login(email, 'guess', { ...from('10.0.0.1'), headers })
    // Forged addresses do not help: all of these come from 10.0.0.1.
    for (let index = 0; index < 5; index += 1) expect((await guess({ 'x-forwarded-for': `203.0.113.${index}` })).statusCode).toBe(401)
    expect((await guess({ 'x-forwarded-for': '203.0.113.99' })).statusCode).toBe(429)
    expect((await guess({ 'x-forwarded-for': '203.0.113.99', ...(await auth.asService('admin')) })).statusCode).toBe(429)
    // Through the gateway the last entry is the client.
    expect((await guess({ 'x-forwarded-for': '10.0.0.1, 203.0.113.50', ...gateway })).statusCode).toBe(401)
    for (let index = 0; index < 4; index += 1) await guess({ 'x-forwarded-for': `203.0.113.${index}, 203.0.113.50`, ...gateway })
    expect((await guess({ 'x-forwarded-for': '203.0.113.50', ...gateway })).statusCode).toBe(429)
  })

  it('shares the counters between replicas', async () => {
    const { email } = await auth.createAccount()
    const other = auth.build().app
    for (let guess = 0; guess < 5; guess += 1) await login(email, 'guess', from('192.0.2.7'))
    const answer = await other.inject({ method: 'POST', url: '/v1/auth/login', payload: { email, password: 'guess' }, ...from('192.0.2.7') })
    expect(answer.statusCode).toBe(429)
    await other.close()
  })
})

describe('503 dependency-unavailable', () => {
  it('answers at once when more people log in than may wait, and lets the others in', async () => {
    const queue = createHashQueue({ slots: 1, waitingMax: 2, waitMaxMs: 60_000, overloaded: hashingOverloaded })
    const { app } = auth.build({ hasher: createPasswordHasher(queue) })
    const accounts = await Promise.all(Array.from({ length: 8 }, () => auth.createAccount()))
    const answers = await Promise.all(accounts.map(({ email }) => app.inject({ method: 'POST', url: '/v1/auth/login', payload: { email, password } })))
    const count = (status: number) => answers.filter(({ statusCode }) => statusCode === status).length
    expect(count(200)).toBeGreaterThanOrEqual(3)
    expect(count(503)).toBeGreaterThanOrEqual(1)
    expect(count(200) + count(503)).toBe(8)
    const refused = answers.find(({ statusCode }) => statusCode === 503)!
    expect(refused.json()).toMatchObject({ type: '/problems/dependency-unavailable', dependency: 'auth' })
    expect(refused.headers['retry-after']).toBe('2')
    await app.close()
  })
})

describe('a password with characters that can be written in several ways', () => {
  const [composed, decomposed] = ['pässwörter für alle', 'pa\u0308sswo\u0308rter fu\u0308r alle']

  it('is the same password however it is typed', async () => {
    const { id, email } = await auth.createAccount()
    await auth.pool.query('UPDATE account SET password_hash = $2 WHERE id = $1', [id, await auth.deps.hasher.hash(decomposed)])
    for (const given of [composed, decomposed]) expect((await login(email, given)).statusCode).toBe(200)
    expect((await login(email, 'passworter fur alle')).statusCode).toBe(401)
  })

  it('opens an account whose hash is of the characters as typed, and makes it one of the normalised ones', async () => {
    const { id, email } = await auth.createAccount()
    await auth.pool.query('UPDATE account SET password_hash = $2 WHERE id = $1', [id, await hash(decomposed)])
    expect((await login(email, composed)).statusCode).toBe(401)
    expect((await login(email, decomposed)).statusCode).toBe(200)
    expect((await login(email, composed)).statusCode).toBe(200)
  })
})

describe('a sign-in from a new device', () => {
  const by = (agent: string) => ({ headers: { 'user-agent': agent } })
  const told = async (id: string) => (await auth.outbox({ key: id })).filter(({ type }) => type === 'account.device-added.v1')

  it('is told once for each kind of program, not for its updates and not for the first of all', async () => {
    const { id, email } = await auth.createAccount()
    await auth.login(email, password, by('Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0'))
    await auth.login(email, password, by('Mozilla/5.0 (X11; Linux x86_64) Firefox/141.0.2'))
    expect(await told(id)).toEqual([])
    await auth.login(email, password, by('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15'))
    await auth.login(email, password, by('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/606.1'))
    expect(await told(id)).toHaveLength(1)
  })

  it('is not told for a refused one', async () => {
    const { id, email } = await auth.createAccount()
    await auth.login(email)
    await auth.post('/v1/auth/login', { email, password: 'wrong password' }, by('curl/8'))
    expect(await told(id)).toEqual([])
  })
})

describe('the access token', () => {
  it('is refused without signature, with another algorithm, after its time and signed by another key', async () => {
    const { email } = await auth.createAccount()
    const tokens = await auth.login(email)
    const sessions = (token: string) => auth.get('/v1/auth/sessions', { authorization: `Bearer ${token}` })
    expect((await auth.get('/v1/auth/sessions', bearer(tokens))).statusCode).toBe(200)
    const [, payload, signature] = tokens.accessToken.split('.') as [string, string, string]
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    expect((await sessions(`${part({ alg: 'none' })}.${payload}.`)).statusCode).toBe(401)
    expect((await sessions(`${part({ alg: 'HS256', kid: decodeProtectedHeader(tokens.accessToken).kid })}.${payload}.${signature}`)).statusCode).toBe(401)
    await auth.pool.query("UPDATE signing_key SET activates_at = activates_at - interval '1 hour'")
    const { deps, app } = auth.build()
    const { sub: userId, sid } = decodeJwt(tokens.accessToken) as { sub: string; sid: string }
    const claims = { userId, sessionId: sid, roles: ['member'], accountVersion: 1 }
    await app.ready()
    const issueAccessToken = createTokenIssuer(app, deps)
    expect((await sessions(await issueAccessToken(claims, new Date()))).statusCode).toBe(200)
    expect((await sessions(await issueAccessToken(claims, new Date(Date.now() - 901_000)))).statusCode).toBe(401)
    await app.close()
    const elsewhere = await new SignJWT({ sid: newId(), roles: ['admin'] })
      .setProtectedHeader({ alg: 'ES256', kid: decodeProtectedHeader(tokens.accessToken).kid })
      .setIssuer('http://auth')
      .setAudience('alcove')
      .setSubject(newId())
      .setIssuedAt()
      .setExpirationTime('5 minutes')
      .sign((await generateKeyPair('ES256')).privateKey)
    expect((await sessions(elsewhere)).statusCode).toBe(401)
  })
})
