import { readFile, stat } from 'node:fs/promises'
import { createCachedKeySource, toVerifyKey, type KeySource, type VerifyKey } from '@alcove/kit'
import type { KeyRing, PublicJwk } from './key-ring.ts'

/** auth verifies user tokens with its own keys: asking itself over HTTP would make it its own dependency. */
export function createRingKeySource(keyRing: Pick<KeyRing, 'listPublicKeys'>): KeySource {
  const imported = new Map<string, VerifyKey>()
  return {
    async find(kid) {
      const jwk = (await keyRing.listPublicKeys()).find((candidate) => candidate.kid === kid)
      const key = imported.get(kid) ?? (jwk && toVerifyKey(jwk))
      if (!jwk || !key) return undefined
      imported.set(kid, key)
      return key
    },
  }
}

/** Public keys of service tokens and, where the source knows it, who signs with them. */
export interface ServiceKeys {
  issuer?: string
  keys: PublicJwk[]
}

/** Undefined where no issuer of service tokens is configured. */
export type ReadServiceKeys = () => Promise<ServiceKeys | undefined>

/** Whatever a document holds, no private member of a key leaves. Throws for anything but a JWK set. */
export function toPublicJwks(document: unknown): PublicJwk[] {
  const listed = (document as { keys?: unknown } | null)?.keys
  if (!Array.isArray(listed)) throw new Error('the source of service keys holds no JWK set')
  return (listed as PublicJwk[]).map(({ kty, crv, x, y, n, e, kid, alg, use }) => ({ kty, crv, x, y, n, e, kid, alg, use }))
}

/** Reads the development issuer's public keys, again whenever the file changes. */
export function createServiceKeyReader(file: string): ReadServiceKeys {
  let cached: { keys: PublicJwk[]; modifiedMs: number } | undefined
  return async () => {
    if (file === '') return undefined
    const modifiedMs = (await stat(file)).mtimeMs
    if (cached?.modifiedMs !== modifiedMs) cached = { keys: toPublicJwks(JSON.parse(await readFile(file, 'utf8'))), modifiedMs }
    return { keys: cached.keys }
  }
}

/** auth judges its callers by what it serves, without asking itself. */
export function createServiceKeySource(read: ReadServiceKeys): KeySource {
  return createCachedKeySource({
    read: async () => (await read()) ?? { keys: [] },
    cooldownMs: 2000,
  })
}
