import type { PoolClient } from 'pg'
import type { OneTimeToken, Purpose } from '../domain/one-time-token.ts'
import type { OneTimeTokenStore } from '../domain/ports.ts'
import type { PrismaClient } from '../generated/prisma/client.ts'

const columns = `id, account_id AS "accountId", purpose, password_hash AS "passwordHash", display_name AS "displayName",
  created_at AS "createdAt", expires_at AS "expiresAt"`

/** One-time tokens inside a transaction. */
export function createOneTimeTokenStore(tx: PoolClient): OneTimeTokenStore {
  return {
    async insert({ id, accountId, purpose, hash, passwordHash, displayName, createdAt, expiresAt }) {
      await tx.query(
        `INSERT INTO one_time_token (id, account_id, purpose, hash, password_hash, display_name, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [id, accountId, purpose, hash, passwordHash, displayName, createdAt, expiresAt],
      )
    },
    async countUnusedSince(accountId, purpose, since) {
      const { rows } = await tx.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM one_time_token WHERE account_id = $1 AND purpose = $2 AND used_at IS NULL AND created_at > $3::timestamptz',
        [accountId, purpose, since],
      )
      return rows[0]!.count
    },
    async find(hash, purpose, now) {
      const { rows } = await tx.query<OneTimeToken>(
        `SELECT ${columns} FROM one_time_token WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3::timestamptz`,
        [hash, purpose, now],
      )
      return rows[0]
    },
    async use(id, now) {
      const { rowCount } = await tx.query('UPDATE one_time_token SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $2::timestamptz', [
        id,
        now,
      ])
      return rowCount === 1
    },
    async useAll(accountId, purpose, now) {
      await tx.query('UPDATE one_time_token SET used_at = $3 WHERE account_id = $1 AND purpose = $2 AND used_at IS NULL', [accountId, purpose, now])
    },
  }
}

/** The token of a mail that is about to be sent, with its account; undefined once used or overdue. */
export type FindMailable = (id: string, now: Date) => Promise<(OneTimeToken & { account: { email: string; displayName: string } }) | undefined>

export function createFindMailable(prisma: PrismaClient): FindMailable {
  return async (id, now) => {
    const row = await prisma.oneTimeToken.findUnique({
      where: { id, usedAt: null, expiresAt: { gt: now }, account: { status: { not: 'deactivated' } } },
      include: { account: { select: { email: true, displayName: true } } },
    })
    return row ? { ...row, purpose: row.purpose as Purpose } : undefined
  }
}
