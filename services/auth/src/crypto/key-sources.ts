import { readFile, stat } from 'node:fs/promises'
import type { KeySource } from '@alcove/kit'
import { importJWK, type JWK } from 'jose'
import type { KeyRing, PublicJwk } from './key-ring.ts'

/** auth verifies user tokens with its own keys: asking itself over HTTP would make it its own dependency. */
export function createRingKeySource(keyRing: Pick<KeyRing, 'listPublicKeys'>): KeySource {
  const imported = new Map<string, Awaited<ReturnType<typeof importJWK>>>()
  return {
    async find(kid) {
      const jwk = (await keyRing.listPublicKeys()).find((candidate) => candidate.kid === kid)
      if (!jwk) return undefined
      const key = imported.get(kid) ?? (await importJWK(jwk as JWK, 'ES256'))
      imported.set(kid, key)
      return key
    },
    // A key is forgotten only when every token it signed has expired.
    onRemoved: () => undefined,
  }
}

/** Reads the development issuer's public keys, again whenever the file changes; undefined where none is configured. */
export function createServiceKeyReader(file: string): () => Promise<PublicJwk[] | undefined> {
  let cached: { keys: PublicJwk[]; modifiedMs: number } | undefined
  return async () => {
    if (file === '') return undefined
    const modifiedMs = (await stat(file)).mtimeMs
    if (cached?.modifiedMs !== modifiedMs) {
      const document = JSON.parse(await readFile(file, 'utf8')) as { keys?: PublicJwk[] }
      if (!Array.isArray(document.keys)) throw new Error('SERVICE_JWKS_FILE holds no JWK set')
      // Whatever the file holds, no private member leaves.
      cached = { keys: document.keys.map(({ kty, crv, x, y, n, e, kid, alg, use }) => ({ kty, crv, x, y, n, e, kid, alg, use })), modifiedMs }
    }
    return cached.keys
  }
}
