import type { Pool } from 'pg'
import { withTransaction } from '@alcove/database'
import type { SigningKeyStore } from '../domain/ports.ts'
import type { SigningKey } from '../domain/signing-key.ts'

const select = `SELECT kid, public_jwk AS "publicJwk", sealed_private_key AS "sealedPrivateKey", created_at AS "createdAt",
  activates_at AS "activatesAt" FROM signing_key`

/** Signing keys, shared by all replicas through the database. */
export function createSigningKeyStore(pool: Pool): SigningKeyStore {
  return {
    list: async () => (await pool.query<SigningKey>(select)).rows,
    rotate: (plan) =>
      withTransaction(pool, async (tx) => {
        // One replica plans at a time; the next one sees its keys and finds nothing to do.
        await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('alcove.auth.signing-keys', 0))")
        const { add, remove } = await plan((await tx.query<SigningKey>(select)).rows)
        for (const { kid, publicJwk, sealedPrivateKey, createdAt, activatesAt } of add) {
          await tx.query('INSERT INTO signing_key (kid, public_jwk, sealed_private_key, created_at, activates_at) VALUES ($1, $2, $3, $4, $5)', [
            kid,
            publicJwk,
            sealedPrivateKey,
            createdAt,
            activatesAt,
          ])
        }
        if (remove.length > 0) await tx.query('DELETE FROM signing_key WHERE kid = ANY ($1)', [remove])
      }),
  }
}
