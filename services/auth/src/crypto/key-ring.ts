import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK } from 'jose'
import type { SigningKeyStore } from '../domain/ports.ts'
import { seal, unseal } from '../domain/secrets.ts'
import { planRotation, type RotationSchedule, type SigningKey, toPhases } from '../domain/signing-key.ts'

/** A JSON web key as published. */
export type PublicJwk = Record<string, unknown>

export interface KeyRing {
  /** The private key that signs at a moment, as PEM. Throws when there is none. */
  findSigner(at: Date): Promise<{ kid: string; privateKey: string }>
  /** Next, current and retired public keys, in this order. */
  listPublicKeys(): Promise<PublicJwk[]>
  /** Makes keys that are due and forgets those that no valid token can need. */
  rotate(): Promise<void>
  /** Throws when there is no current key or the secret does not open it: such a process must not be ready. */
  assertUsable(): Promise<void>
}

export interface KeyRingOptions {
  readonly store: SigningKeyStore
  /** The AES-256-GCM key of the private halves at rest. */
  readonly sealingKey: Buffer
  readonly schedule: RotationSchedule
  readonly now: () => Date
}

/** Keys are read again after this long; far shorter than the time a key is published before it signs. */
const cacheMs = 10_000

/** The signing keys as one replica sees them: read from the database, cached for seconds, chosen by the time alone. */
export function createKeyRing(options: KeyRingOptions): KeyRing {
  const { store, sealingKey, schedule, now } = options
  const opened = new Map<string, string>()
  let cached: { keys: SigningKey[]; readAtMs: number } | undefined

  async function readKeys(): Promise<SigningKey[]> {
    const readAtMs = now().getTime()
    if (cached && readAtMs - cached.readAtMs < cacheMs && readAtMs >= cached.readAtMs) return cached.keys
    cached = { keys: await store.list(), readAtMs }
    return cached.keys
  }

  function open(key: SigningKey): string {
    let privateKey = opened.get(key.kid)
    if (!privateKey) {
      const unsealed = createPrivateKey({ key: unseal(sealingKey, key.kid, key.sealedPrivateKey), format: 'der', type: 'pkcs8' })
      privateKey = unsealed.export({ format: 'pem', type: 'pkcs8' }) as string
      opened.set(key.kid, privateKey)
    }
    return privateKey
  }

  async function rotate(): Promise<void> {
    await store.rotate(async (keys) => {
      const { create, remove } = planRotation(keys, schedule, now())
      for (const kid of remove) opened.delete(kid)
      return { add: await Promise.all(create.map((activatesAt) => createSigningKey(sealingKey, activatesAt, now()))), remove }
    })
    cached = undefined
  }

  return {
    rotate,
    async assertUsable() {
      const { current } = toPhases(await readKeys(), now())
      if (!current) throw new Error('there is no signing key: rotation has not run')
      open(current)
    },
    async listPublicKeys() {
      const { next, current, retired } = toPhases(await readKeys(), now())
      const published = [...next, ...(current ? [current] : []), ...retired.map(({ key }) => key)]
      return published.map((key) => key.publicJwk)
    },
    async findSigner(at) {
      const { current } = toPhases(await readKeys(), at)
      if (!current) throw new Error('there is no signing key: rotation has not run')
      return { kid: current.kid, privateKey: open(current) }
    },
  }
}

/** A new ES256 key pair; the private half leaves this function only sealed. */
export async function createSigningKey(sealingKey: Buffer, activatesAt: Date, createdAt: Date): Promise<SigningKey> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  const sealedPrivateKey = seal(sealingKey, kid, privateKey.export({ format: 'der', type: 'pkcs8' }))
  return { kid, publicJwk: { ...jwk, kid, alg: 'ES256', use: 'sig' }, sealedPrivateKey, createdAt, activatesAt }
}
