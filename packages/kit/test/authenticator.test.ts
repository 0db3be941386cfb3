import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose'
import { createTokenJudge, type TokenJudge } from '@alcove/testing'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createAuthenticator, createCachedKeySource, createLocalKeySource, createRemoteKeySource, Registry, type Authenticator } from '../src/index.ts'
import { issuer, publicJwk, serviceIssuer, sign, signService, testAuthenticator, userId } from './build-test-app.ts'

const slugOf = async (work: () => unknown): Promise<string> => {
  try {
    await work()
    return 'accepted'
  } catch (error) {
    return (error as { slug: string }).slug
  }
}
const judges = new WeakMap<Authenticator, TokenJudge>()
const ask = (authenticator: Authenticator) =>
  judges.get(authenticator) ?? (judges.set(authenticator, createTokenJudge(authenticator)), judges.get(authenticator)!)
const judge = (authenticator: Authenticator, token: string) => slugOf(() => ask(authenticator).verifyUser(`Bearer ${token}`))
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const seconds = () => Math.floor(Date.now() / 1000)

describe('user tokens', () => {
  it('tells who is behind a good one', async () => {
    const authenticator = testAuthenticator()
    const token = await sign({ roles: ['operator', 'made-up'] })
    const principal = { userId, roles: ['operator'], sessionId: 's1', accountVersion: 0, token }
    expect(await ask(authenticator).verifyUser(`Bearer ${token}`)).toEqual(principal)
    expect(await ask(authenticator).verifyUser(`bearer ${token}`)).toEqual(principal)
  })

  it.each([
    ['expired', () => sign({ iat: seconds() - 100, exp: seconds() - 1 })],
    ['for another audience', () => sign({ aud: 'other' })],
    ['from another issuer', () => sign({ iss: 'http://evil' })],
    ['without a subject', () => sign({ sub: undefined })],
    ['without a session', () => sign({ sid: undefined })],
    ['without an expiry', () => sign({ exp: undefined })],
    ['not valid yet', () => sign({ nbf: seconds() + 100 })],
    ['with an unknown key id', () => sign({}, { kid: 'other' })],
    ['signed by another key', async () => sign({}, { key: (await generateKeyPair('ES256')).privateKey })],
    ['a service’s', () => signService('booking')],
    ['rubbish', async () => 'a.b.c'],
    ['too long', async () => 'x'.repeat(10_000)],
  ])('refuses one that is %s', async (_name, make) => {
    expect(await judge(testAuthenticator(), await make())).toBe('unauthenticated')
  })

  it('refuses alg none', async () => {
    const claims = { iss: issuer, aud: 'alcove', sub: userId, sid: 's', roles: ['admin'], iat: seconds(), exp: seconds() + 900 }
    expect(await judge(testAuthenticator(), `${encode({ alg: 'none', kid: 'k1' })}.${encode(claims)}.`)).toBe('unauthenticated')
  })

  it('refuses HS256 keyed with the public key', async () => {
    const claims = { iss: issuer, aud: 'alcove', sub: userId, sid: 's', roles: ['admin'], iat: seconds(), exp: seconds() + 900 }
    for (const secret of [JSON.stringify(publicJwk), publicJwk.x!, `${publicJwk.x}${publicJwk.y}`]) {
      const token = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(new TextEncoder().encode(secret))
      expect(await judge(testAuthenticator(), token)).toBe('unauthenticated')
    }
  })

  it('refuses an algorithm that its key is not for, also one that is allowed elsewhere', async () => {
    const [, claims, signature] = (await signService('booking')).split('.') as [string, string, string]
    expect(await slugOf(() => ask(testAuthenticator()).verifyService(`Bearer ${encode({ alg: 'RS256', kid: 'k1' })}.${claims}.${signature}`))).toBe(
      'unauthenticated',
    )
  })

  it('refuses a remembered token once it has expired', async () => {
    const authenticator = testAuthenticator()
    const token = await sign({ exp: seconds() + 2 })
    expect(await judge(authenticator, token)).toBe('accepted')
    await expect.poll(() => judge(authenticator, token), { timeout: 50_000, interval: 100 }).toBe('unauthenticated')
  })

  it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic abc', 'abc'])('refuses the header %s', async (header) => {
    expect(await slugOf(() => ask(testAuthenticator()).verifyUser(header))).toBe('unauthenticated')
  })
})

describe('service tokens', () => {
  const judgeService = (token: string) => slugOf(() => ask(testAuthenticator()).verifyService(`Bearer ${token}`))
  it('accepts a declared caller', async () => {
    expect(await ask(testAuthenticator()).verifyService(`Bearer ${await signService('booking')}`)).toBe('booking')
  })
  it.each([
    ['a service the graph does not list as caller', () => signService('payment'), 'forbidden'],
    ['itself', () => signService('workspace'), 'forbidden'],
    ['another audience', () => signService('booking', { aud: 'user' }), 'unauthenticated'],
    ['another issuer', () => signService('booking', { iss: issuer }), 'unauthenticated'],
    ['an expired one', () => signService('booking', { exp: seconds() - 10 }), 'unauthenticated'],
    ['a user’s token', () => sign(), 'unauthenticated'],
    ['the same name in another namespace', () => signService('booking', { sub: 'system:serviceaccount:elsewhere:booking' }), 'unauthenticated'],
    ['a subject that is no service account', () => signService('booking', { sub: 'booking' }), 'unauthenticated'],
  ])('refuses %s', async (_name, make, expected) => {
    expect(await judgeService(await make())).toBe(expected)
  })
  it('keeps refusing an undeclared caller that it remembers', async () => {
    const authenticator = testAuthenticator()
    const header = `Bearer ${await signService('payment')}`
    expect(await slugOf(() => ask(authenticator).verifyService(header))).toBe('forbidden')
    expect(await slugOf(() => ask(authenticator).verifyService(header))).toBe('forbidden')
  })
  it('are counted by caller and by what was thought of them', async () => {
    const metrics = new Registry()
    const authenticator = testAuthenticator(metrics)
    const good = `Bearer ${await signService('booking')}`
    for (const header of [good, good, `Bearer ${await signService('payment')}`, `Bearer ${await signService('booking', { exp: seconds() - 10 })}`, undefined])
      await slugOf(() => ask(authenticator).verifyService(header))
    const counted = (await metrics.metrics()).split('\n').filter((line) => line.startsWith('alcove_service_tokens_total{'))
    expect(counted.sort()).toEqual([
      'alcove_service_tokens_total{caller="booking",judgement="accepted"} 2',
      'alcove_service_tokens_total{caller="payment",judgement="undeclared"} 1',
      'alcove_service_tokens_total{caller="unknown",judgement="invalid"} 2',
    ])
  })
})

describe('an issuer that the keys name', () => {
  const build = (document: object) =>
    createAuthenticator({
      service: 'workspace',
      userTokenIssuer: issuer,
      serviceTokenIssuer: '',
      serviceTokenNamespace: 'alcove',
      userKeys: createLocalKeySource({ keys: [] }),
      serviceKeys: createCachedKeySource({ read: async () => document }),
    })
  const judgeService = async (authenticator: Authenticator) => slugOf(async () => ask(authenticator).verifyService(`Bearer ${await signService('booking')}`))
  it('is the one whose tokens are good', async () => {
    expect(await judgeService(build({ issuer: serviceIssuer, keys: [publicJwk] }))).toBe('accepted')
  })
  it.each([
    ['another', { issuer, keys: [publicJwk] }],
    ['none', { keys: [publicJwk] }],
    ['no text', { issuer: 7, keys: [publicJwk] }],
  ])('refuses every token when it is %s', async (_name, document) => {
    expect(await judgeService(build(document))).toBe('unauthenticated')
  })
})

describe('keys fetched from the issuer', () => {
  let server: Server
  let keys: JWK[]
  let status: number
  let asked: number
  let url: string
  beforeEach(async () => {
    keys = [publicJwk]
    status = 200
    asked = 0
    server = createServer((_request, response) => {
      asked += 1
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })
  const build = (options: { cooldownMs?: number; maxAgeMs?: number } = {}) =>
    createAuthenticator({
      service: 'workspace',
      userTokenIssuer: issuer,
      serviceTokenIssuer: serviceIssuer,
      serviceTokenNamespace: 'alcove',
      userKeys: createRemoteKeySource({ url, ...options }),
      serviceKeys: createLocalKeySource({ keys: [] }),
    })
  const newKey = async (kid: string) => {
    const pair = await generateKeyPair('ES256', { extractable: true })
    return { jwk: { ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256', use: 'sig' } as JWK, key: pair.privateKey }
  }

  it('asks once for many tokens', async () => {
    const authenticator = build()
    const tokens = await Promise.all([1, 2, 3, 4, 5].map((sid) => sign({ sid: `s${sid}` })))
    expect(await Promise.all(tokens.map((token) => judge(authenticator, token)))).toEqual(Array(5).fill('accepted'))
    expect(asked).toBe(1)
  })

  it('asks again for an unknown key, at most once per cooldown', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const authenticator = build({ cooldownMs: 200 })
    expect(await judge(authenticator, await sign())).toBe('accepted')
    const { jwk, key } = await newKey('k2')
    keys = [publicJwk, jwk]
    vi.advanceTimersByTime(200)
    expect(await judge(authenticator, await sign({}, { key, kid: 'k2' }))).toBe('unauthenticated')
    expect(asked).toBe(1)
    vi.advanceTimersByTime(1)
    expect(await judge(authenticator, await sign({}, { key, kid: 'k2' }))).toBe('accepted')
    expect(asked).toBe(2)
  })

  it('says that auth is missing when a token cannot be judged, and recovers at once', async () => {
    const authenticator = build()
    status = 503
    expect(await judge(authenticator, await sign())).toBe('dependency-unavailable')
    status = 200
    expect(await judge(authenticator, await sign())).toBe('accepted')
  })

  it('goes on with the keys it has while the issuer is down', async () => {
    const authenticator = build({ maxAgeMs: 0, cooldownMs: 0 })
    expect(await judge(authenticator, await sign())).toBe('accepted')
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    expect(await judge(authenticator, await sign({ sid: 'other' }))).toBe('accepted')
    expect(await judge(authenticator, await sign({}, { kid: 'unknown' }))).toBe('dependency-unavailable')
  })

  it('forgets tokens of a key that was withdrawn', async () => {
    const authenticator = build({ maxAgeMs: 0, cooldownMs: 0 })
    const token = await sign()
    expect(await judge(authenticator, token)).toBe('accepted')
    const { jwk, key } = await newKey('k2')
    keys = [jwk]
    expect(await judge(authenticator, await sign({}, { key, kid: 'k2' }))).toBe('accepted')
    expect(await judge(authenticator, token)).toBe('unauthenticated')
  })

  it('takes no private, foreign or symmetric key out of a set', async () => {
    const secret = Buffer.from('secret-secret-secret-secret-1234')
    keys = [{ kty: 'oct', k: secret.toString('base64url'), kid: 'sym', alg: 'HS256' }, { kty: 'EC', crv: 'P-384', kid: 'p384' } as JWK]
    const token = await new SignJWT({ sid: 's', roles: [] })
      .setProtectedHeader({ alg: 'HS256', kid: 'sym' })
      .setIssuer(issuer)
      .setAudience('alcove')
      .setSubject(userId)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign((await importJWK({ kty: 'oct', k: secret.toString('base64url') }, 'HS256')) as never)
    expect(await judge(build(), token)).toBe('unauthenticated')
  })
})
