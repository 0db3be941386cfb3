import type { Pool, PoolClient } from 'pg'
import type { Invitation, InvitationStore } from '../domain/ports.ts'
import type { Page } from './finders.ts'

const columns = `i.id, i.team_id AS "teamId", i.user_id AS "userId", i.email, i.role, i.invited_by AS "invitedBy", i.created_at AS "createdAt",
  i.expires_at AS "expiresAt"`

/** Invitations inside a transaction. */
export function createInvitationStore(tx: PoolClient): InvitationStore {
  return {
    async insert({ id, teamId, userId, email, role, invitedBy, createdAt, expiresAt }) {
      // One that is overdue stands in nobody's way.
      await tx.query('DELETE FROM team_invitation WHERE team_id = $1 AND expires_at <= $2', [teamId, createdAt])
      const { rowCount } = await tx.query(
        `INSERT INTO team_invitation (id, team_id, user_id, email, role, invited_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
        [id, teamId, userId, email, role, invitedBy, createdAt, expiresAt],
      )
      return rowCount === 1
    },
    async count(teamId, now) {
      const { rows } = await tx.query<{ count: number }>('SELECT count(*)::int AS count FROM team_invitation WHERE team_id = $1 AND expires_at > $2', [
        teamId,
        now,
      ])
      return rows[0]!.count
    },
    async take(id, now) {
      const { rows } = await tx.query<Invitation>(`DELETE FROM team_invitation i WHERE i.id = $1 AND i.expires_at > $2 RETURNING ${columns}`, [id, now])
      return rows[0]
    },
  }
}

export type ShownInvitation = Invitation & { readonly teamName: string }

export interface InvitationFinder {
  find(id: string, now: Date): Promise<ShownInvitation | undefined>
  listOfTeam(teamId: string, page: Page & { now: Date }): Promise<ShownInvitation[]>
  /** By id, and by the address, which is the person's as auth knows it. */
  listOfPerson(person: { id: string; email: string }, page: Page & { now: Date }): Promise<ShownInvitation[]>
  /** Forgets what is overdue, addresses with it. */
  removeOverdue(now: Date): Promise<void>
}

export function createInvitationFinder(pool: Pool): InvitationFinder {
  const select = async (condition: string, values: unknown[]) =>
    (
      await pool.query<ShownInvitation>(
        `SELECT ${columns}, t.name AS "teamName" FROM team_invitation i JOIN team t ON t.id = i.team_id WHERE ${condition}`,
        values,
      )
    ).rows
  return {
    find: async (id, now) => (await select('i.id = $1 AND i.expires_at > $2', [id, now]))[0],
    listOfTeam: (teamId, { now, beforeId, limit }) =>
      select('i.team_id = $1 AND i.expires_at > $2 AND ($3::uuid IS NULL OR i.id < $3) ORDER BY i.id DESC LIMIT $4', [teamId, now, beforeId ?? null, limit]),
    listOfPerson: ({ id, email }, { now, beforeId, limit }) =>
      select('(i.user_id = $1 OR i.email = $2) AND i.expires_at > $3 AND ($4::uuid IS NULL OR i.id < $4) ORDER BY i.id DESC LIMIT $5', [
        id,
        email.toLowerCase(),
        now,
        beforeId ?? null,
        limit,
      ]),
    async removeOverdue(now) {
      await pool.query('DELETE FROM team_invitation WHERE expires_at <= $1', [now])
    },
  }
}
