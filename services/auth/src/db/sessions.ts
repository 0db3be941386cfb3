import type { PoolClient } from 'pg'
import type { SessionStore } from '../domain/ports.ts'
import type { Session } from '../domain/session.ts'
import type { PrismaClient } from '../generated/prisma/client.ts'

const columns = `id, account_id AS "accountId", user_agent AS "userAgent", created_at AS "createdAt",
  last_used_at AS "lastUsedAt", expires_at AS "expiresAt"`

/** Sessions and their refresh tokens inside a transaction. */
export function createSessionStore(tx: PoolClient): SessionStore {
  return {
    noteDevice: (accountId, fingerprint, now) => noteDevice(tx, { accountId, fingerprint, now }),
    async insert({ id, accountId, userAgent, createdAt, lastUsedAt, expiresAt }) {
      await tx.query('INSERT INTO session (id, account_id, user_agent, created_at, last_used_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)', [
        id,
        accountId,
        userAgent,
        createdAt,
        lastUsedAt,
        expiresAt,
      ])
    },
    async addRefreshToken({ hash, sessionId, createdAt, expiresAt }) {
      await tx.query('INSERT INTO refresh_token (hash, session_id, created_at, expires_at) VALUES ($1, $2, $3, $4)', [hash, sessionId, createdAt, expiresAt])
    },
    async useRefreshToken(hash, now) {
      const { rows } = await tx.query<{ id: string }>(
        `UPDATE refresh_token SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2::timestamptz RETURNING session_id AS id`,
        [hash, now],
      )
      return rows[0]?.id
    },
    async lockLive(id, now) {
      const { rows } = await tx.query<Session>(
        `SELECT ${columns} FROM session WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2::timestamptz FOR UPDATE`,
        [id, now],
      )
      return rows[0]
    },
    async touch(id, usedAt, expiresAt) {
      await tx.query('UPDATE session SET last_used_at = $2, expires_at = $3 WHERE id = $1', [id, usedAt, expiresAt])
    },
    async findByRepeatedToken(hash, successorHash, since) {
      const { rows } = await tx.query<{ id: string }>(
        `SELECT t.session_id AS id FROM refresh_token t JOIN refresh_token s ON s.hash = $2 AND s.session_id = t.session_id
         WHERE t.hash = $1 AND t.used_at > $3::timestamptz AND s.used_at IS NULL`,
        [hash, successorHash, since],
      )
      return rows[0]?.id
    },
    async findByUsedToken(hash) {
      const { rows } = await tx.query<{ id: string; accountId: string }>(
        `SELECT s.id, s.account_id AS "accountId" FROM refresh_token t JOIN session s ON s.id = t.session_id WHERE t.hash = $1 AND t.used_at IS NOT NULL`,
        [hash],
      )
      return rows[0]
    },
    async listLiveIds(accountId, now) {
      const { rows } = await tx.query<{ id: string }>(
        'SELECT id FROM session WHERE account_id = $1 AND revoked_at IS NULL AND expires_at > $2::timestamptz ORDER BY last_used_at DESC, id DESC',
        [accountId, now],
      )
      return rows.map(({ id }) => id)
    },
    async revoke({ id, accountId }, reason, now) {
      const { rowCount } = await tx.query(
        'UPDATE session SET revoked_at = $4, revoke_reason = $3 WHERE id = $1 AND account_id = $2 AND revoked_at IS NULL AND expires_at > $4::timestamptz',
        [id, accountId, reason, now],
      )
      return rowCount === 1
    },
  }
}

async function noteDevice(
  tx: PoolClient,
  { accountId, fingerprint, now }: { accountId: string; fingerprint: Buffer; now: Date },
): Promise<'first' | 'new' | 'known'> {
  const { rows } = await tx.query<{ known: boolean; any: boolean }>(
    'SELECT count(*) FILTER (WHERE fingerprint = $2) > 0 AS known, count(*) > 0 AS any FROM known_device WHERE account_id = $1',
    [accountId, fingerprint],
  )
  await tx.query(
    `INSERT INTO known_device (account_id, fingerprint, last_seen_at) VALUES ($1, $2, $3)
     ON CONFLICT (account_id, fingerprint) DO UPDATE SET last_seen_at = $3`,
    [accountId, fingerprint, now],
  )
  if (rows[0]!.known) return 'known'
  return rows[0]!.any ? 'new' : 'first'
}

export interface SessionFinder {
  /** Live sessions, newest first. */
  list(accountId: string, page: { now: Date; beforeId?: string; limit: number }): Promise<Session[]>
  /** The roles of a live session's active account as they are now; undefined when the session ended or the account is not active. */
  findRoles(session: { id: string; accountId: string }, now: Date): Promise<readonly string[] | undefined>
  /** People whose roles changed since, with the account's version then. */
  listRoleChanges(since: Date): Promise<{ userId: string; version: number }[]>
  /** Sessions and deactivated accounts (`sessionId` null) revoked since. */
  listRevoked(since: Date): Promise<{ userId: string; sessionId: string | null; revokedAt: Date }[]>
}

/** Sessions outside a transaction. */
export function createSessionFinder(prisma: PrismaClient): SessionFinder {
  return {
    list: (accountId, { now, beforeId, limit }) =>
      prisma.session.findMany({
        where: { accountId, revokedAt: null, expiresAt: { gt: now }, ...(beforeId && { id: { lt: beforeId } }) },
        orderBy: { id: 'desc' },
        take: limit,
      }),
    async findRoles({ id, accountId }, now) {
      const found = await prisma.session.findFirst({
        where: { id, accountId, revokedAt: null, expiresAt: { gt: now }, account: { status: 'active' } },
        select: { account: { select: { roles: true } } },
      })
      return found?.account.roles
    },
    async listRoleChanges(since) {
      const found = await prisma.account.findMany({ where: { rolesChangedAt: { gte: since } }, select: { id: true, rolesVersion: true } })
      return found.map(({ id, rolesVersion }) => ({ userId: id, version: rolesVersion! }))
    },
    async listRevoked(since) {
      const [sessions, accounts] = await Promise.all([
        prisma.session.findMany({ where: { revokedAt: { gte: since } }, select: { id: true, accountId: true, revokedAt: true } }),
        prisma.account.findMany({ where: { deactivatedAt: { gte: since } }, select: { id: true, deactivatedAt: true } }),
      ])
      return [
        ...sessions.map(({ id, accountId, revokedAt }) => ({ userId: accountId, sessionId: id, revokedAt: revokedAt! })),
        ...accounts.map(({ id, deactivatedAt }) => ({ userId: id, sessionId: null, revokedAt: deactivatedAt! })),
      ]
    },
  }
}
