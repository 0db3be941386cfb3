import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'

/** Keys derived from `SIGNING_KEY_SECRET`, one per purpose, so that none can stand in for another. */
export interface Secrets {
  readonly sealing: Buffer
  readonly oneTimeTokens: Buffer
  readonly refreshTokens: Buffer
  readonly throttle: Buffer
}

const nonceBytes = 12
const tagBytes = 16

/** Derives the keys from 32 bytes (HKDF-SHA256, RFC 5869). */
export function deriveSecrets(secret: Buffer): Secrets {
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), `alcove auth ${purpose}`, 32))
  return {
    sealing: derive('signing keys'),
    oneTimeTokens: derive('one-time tokens'),
    refreshTokens: derive('refresh tokens'),
    throttle: derive('login throttle'),
  }
}

/** AES-256-GCM: nonce, tag, ciphertext. `name` is bound to the result, so a sealed key cannot be moved to another row. */
export function seal(key: Buffer, name: string, plain: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(name))
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
}

/** Throws when the key, the name or a byte differs from what was sealed. */
export function unseal(key: Buffer, name: string, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed)
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes }).setAAD(Buffer.from(name))
  decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
  return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()])
}

/** A new opaque refresh token with 256 random bits. */
export function newRefreshToken(): string {
  return `alr_${randomBytes(32).toString('base64url')}`
}

/**
 * The one successor of a refresh token: whoever presents the same token again gets the same one, on every replica, though no token is stored. Only who has both
 * the token and the key can tell it.
 */
export function succeedRefreshToken(secrets: Secrets, token: string): string {
  return `alr_${createHmac('sha256', secrets.refreshTokens).update(token).digest('base64url')}`
}

/** What is stored of a token. A plain hash is enough: the tokens hold 256 unguessable bits. */
export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** The mailed token of a one-time token's id: recomputed when it is mailed, never stored. */
export function oneTimeTokenOf(secrets: Secrets, id: string): string {
  return createHmac('sha256', secrets.oneTimeTokens).update(id).digest('base64url')
}

/** The throttle's key of a source, keyed so that stored rows name no network address. */
export function throttleKeyOf(secrets: Secrets, ...parts: string[]): Buffer {
  return createHmac('sha256', secrets.throttle).update(parts.join('\n')).digest()
}
