import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { request } from 'undici'

/** A public key as `@fastify/jwt` takes it, and the one algorithm that it is for. */
export interface VerifyKey {
  readonly pem: string
  readonly algorithm: 'ES256' | 'RS256'
}

/** A JSON web key with its id. */
export type PublishedKey = JsonWebKey & { kid?: string; use?: string }

/** The keys could not be fetched, so a token can be judged neither good nor bad. */
export class KeysUnavailableError extends Error {
  constructor(cause: unknown) {
    super('the signing keys could not be fetched', { cause })
    this.name = 'KeysUnavailableError'
  }
}

/** Public keys by `kid`. */
export interface KeySource {
  /** The key; undefined when the issuer, just asked, does not know it. @throws {KeysUnavailableError} */
  find(kid: string): Promise<VerifyKey | undefined>
  /** Who signs with these keys, if the document last read says so. */
  issuer?(): string | undefined
}

/** The public half of a key, whatever else its issuer publishes; the algorithm comes from the key's kind, never from a token. undefined for other kinds. */
export function toVerifyKey({ kty, crv, x, y, n, e }: PublishedKey): VerifyKey | undefined {
  const algorithm = kty === 'EC' && crv === 'P-256' ? 'ES256' : kty === 'RSA' ? 'RS256' : undefined
  if (!algorithm) return undefined
  const key = createPublicKey({ key: { kty, crv, x, y, n, e }, format: 'jwk' })
  return { pem: key.export({ type: 'spki', format: 'pem' }) as string, algorithm }
}

function importKeys(document: unknown): Map<string, VerifyKey> {
  const keys = new Map<string, VerifyKey>()
  const listed = (document as { keys?: unknown } | null)?.keys
  if (!Array.isArray(listed)) throw new Error('not a JWK set')
  for (const jwk of listed as PublishedKey[]) {
    if (typeof jwk?.kid !== 'string' || (jwk.use !== undefined && jwk.use !== 'sig')) continue
    const key = toVerifyKey(jwk)
    if (key) keys.set(jwk.kid, key)
  }
  return keys
}

/** Keys known beforehand (tests, the issuer itself). */
export function createLocalKeySource(document: { keys: PublishedKey[] }): KeySource {
  const imported = importKeys(document)
  return { find: async (kid) => imported.get(kid) }
}

async function fetchDocument(url: string, timeoutMs: number): Promise<unknown> {
  const { statusCode, body } = await request(url, { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, signal: AbortSignal.timeout(timeoutMs) })
  if (statusCode !== 200) {
    await body.dump()
    throw new Error(`the key endpoint answered ${statusCode}`)
  }
  return body.json()
}

/** Keys at a URL; see {@link createCachedKeySource}. */
export function createRemoteKeySource(options: { url: string; cooldownMs?: number; maxAgeMs?: number; timeoutMs?: number }): KeySource {
  const { url, timeoutMs = 2000, ...rest } = options
  return createCachedKeySource({ read: () => fetchDocument(url, timeoutMs), ...rest })
}

/**
 * Keys of a document that is read on first use. An unknown `kid` asks again, at most once per cooldown; keys older than `maxAgeMs` are
 * refreshed in the background while the old ones go on being used, so an issuer that is down stops nobody who holds a good token.
 */
export function createCachedKeySource(options: { read: () => Promise<unknown>; cooldownMs?: number; maxAgeMs?: number }): KeySource {
  const { read, cooldownMs = 5000, maxAgeMs = 60_000 } = options
  let keys = new Map<string, VerifyKey>()
  let issuer: string | undefined
  let fetchedAt = -Infinity
  let triedAt = -Infinity
  let failure: unknown
  let pending: Promise<void> | undefined

  async function refresh(): Promise<void> {
    triedAt = performance.now()
    try {
      const document = await read()
      keys = importKeys(document)
      const said = (document as { issuer?: unknown }).issuer
      issuer = typeof said === 'string' ? said : undefined
      fetchedAt = performance.now()
      failure = undefined
    } catch (error) {
      failure = error
    }
  }
  const refreshOnce = () => (pending ??= refresh().finally(() => (pending = undefined)))

  return {
    async find(kid) {
      const known = keys.get(kid)
      if (known) {
        if (performance.now() - fetchedAt > maxAgeMs && performance.now() - triedAt > cooldownMs) void refreshOnce()
        return known
      }
      // After a failure the next token may ask at once: only a successful answer starts the cooldown.
      if (pending || failure !== undefined || performance.now() - triedAt > cooldownMs) await refreshOnce()
      const found = keys.get(kid)
      if (!found && failure !== undefined) throw new KeysUnavailableError(failure)
      return found
    },
    issuer: () => issuer,
  }
}
