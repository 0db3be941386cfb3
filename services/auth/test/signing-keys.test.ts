import { createApp, newId } from '@alcove/kit'
import { buildTestContext, createTestClock, createTestDatabase, type TestDatabase } from '@alcove/testing'
import type { FastifyInstance } from 'fastify'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTokenIssuer } from '../src/crypto/access-tokens.ts'
import { createKeyRing, type KeyRing } from '../src/crypto/key-ring.ts'
import { createSigningKeyStore } from '../src/db/signing-keys.ts'
import { buildSchedule, jwksCacheMaxSeconds } from '../src/domain/signing-key.ts'

let database: TestDatabase
let app: FastifyInstance
beforeAll(async () => {
  app = createApp(await buildTestContext('auth'))
  await app.ready()
  database = await createTestDatabase('auth')
})
afterAll(() => database.drop())

const sealingKey = Buffer.alloc(32, 1)
const lifetimeSeconds = 24 * 3600
const claims = { userId: newId(), sessionId: newId(), roles: ['member'], accountVersion: 1 }

function buildRing(now: () => Date, key = sealingKey) {
  const store = createSigningKeyStore(database.pool)
  return createKeyRing({ store, sealingKey: key, schedule: buildSchedule(lifetimeSeconds), now })
}
const sign = (keyRing: KeyRing, at: Date) => createTokenIssuer(app, { keyRing, userTokenIssuer: 'http://auth', newId })(claims, at)
const toSet = (keys: Record<string, unknown>[]) => createLocalJWKSet({ keys } as unknown as JSONWebKeySet)

describe('rotation', () => {
  it('never breaks a valid token, for verifiers that keep a JWKS for up to an hour, over many rotations and two replicas', async () => {
    const time = createTestClock('2026-03-01T00:00:00Z')
    const replicas = [buildRing(() => time.now()), buildRing(() => time.now())]
    const tokens: { token: string; expiresAt: number }[] = []
    const sets: { verify: ReturnType<typeof toSet>; fetchedAt: number }[] = []
    const kids = new Set<string>()
    await replicas[0]!.rotate()
    const day = 24 * 12
    // A week in steps of five minutes. Sweeps come on either replica, then for three days not at all, then again.
    for (let step = 0; step < 7 * day; step += 1) {
      const now = time.now().getTime()
      if (step < 3 * day || step > 5.9 * day) await replicas[step % 2]!.rotate()
      const ring = replicas[(step >> 1) % 2]!
      const token = await sign(ring, time.now())
      kids.add(decodeProtectedHeader(token).kid!)
      tokens.push({ token, expiresAt: now + 900_000 })
      sets.push({ verify: toSet(await ring.listPublicKeys()), fetchedAt: now })
      while (tokens[0]!.expiresAt <= now) tokens.shift()
      while (sets[0]!.fetchedAt < now - jwksCacheMaxSeconds * 1000) sets.shift()
      for (const { verify } of [sets[0]!, sets.at(-1)!]) {
        for (const valid of new Set([tokens[0]!, tokens.at(-1)!]))
          await jwtVerify(valid.token, verify, { currentDate: time.now(), issuer: 'http://auth', audience: 'alcove' })
      }
      time.advance({ minutes: 5 })
    }
    expect(kids.size).toBeGreaterThanOrEqual(5)
    // Keys that nobody needs any more are gone: current, next, and at most one retired.
    expect((await replicas[0]!.listPublicKeys()).length).toBeLessThanOrEqual(3)
  }, 120_000)

  it('makes one set of keys when many replicas start at once', async () => {
    await database.pool.query('DELETE FROM signing_key')
    const now = new Date()
    await Promise.all(Array.from({ length: 8 }, () => buildRing(() => now).rotate()))
    const { rows } = await database.pool.query('SELECT kid FROM signing_key')
    expect(rows).toHaveLength(2)
  })

  it('publishes the next key first, with public members only', async () => {
    const keys = await buildRing(() => new Date()).listPublicKeys()
    for (const key of keys) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
    const token = await sign(
      buildRing(() => new Date()),
      new Date(),
    )
    expect(keys.map(({ kid }) => kid).indexOf(decodeProtectedHeader(token).kid)).toBe(1)
  })
})

describe('at rest', () => {
  it('holds private keys only sealed, and opens them with the right secret only', async () => {
    const { rows } = await database.pool.query<{ sealed: Buffer; jwk: { d?: string } }>(
      'SELECT sealed_private_key AS sealed, public_jwk AS jwk FROM signing_key',
    )
    for (const { sealed, jwk } of rows) {
      expect(jwk.d).toBeUndefined()
      // The PKCS #8 prefix of a P-256 key would stand there in the clear.
      expect(sealed.includes(Buffer.from('06082a8648ce3d030107', 'hex'))).toBe(false)
    }
    await buildRing(() => new Date()).assertUsable()
    await expect(buildRing(() => new Date(), Buffer.alloc(32, 2)).assertUsable()).rejects.toThrow(/authenticate/)
  })
})
