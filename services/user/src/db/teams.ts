import type { PoolClient } from 'pg'
import type { TeamStore } from '../domain/ports.ts'
import type { Team, TeamMember } from '../domain/team.ts'

/** Teams inside a transaction; every change first locks the team's row. */
export function createTeamStore(tx: PoolClient): TeamStore {
  const listMembers = async (teamId: string) =>
    (await tx.query<TeamMember>('SELECT user_id AS "userId", role FROM team_member WHERE team_id = $1 ORDER BY added_at, user_id', [teamId])).rows
  return {
    async lock(id) {
      const { rows } = await tx.query<Omit<Team, 'members'>>('SELECT id, name, version FROM team WHERE id = $1 FOR NO KEY UPDATE', [id])
      return rows[0] && { ...rows[0], members: await listMembers(id) }
    },
    async insert({ id, name }, now) {
      await tx.query('INSERT INTO team (id, name, version, created_at, updated_at) VALUES ($1, $2, 1, $3, $3)', [id, name, now])
    },
    async rename(id, name) {
      await tx.query('UPDATE team SET name = $2 WHERE id = $1', [id, name])
    },
    async putMember(teamId, { userId, role }, now) {
      await tx.query(
        `INSERT INTO team_member (team_id, user_id, role, added_at) VALUES ($1, $2, $3, $4) ON CONFLICT (team_id, user_id) DO UPDATE SET role = $3`,
        [teamId, userId, role, now],
      )
    },
    async removeMember(teamId, userId) {
      await tx.query('DELETE FROM team_member WHERE team_id = $1 AND user_id = $2', [teamId, userId])
    },
    async countTeamsOf(userId) {
      const { rows } = await tx.query<{ count: number }>('SELECT count(*)::int AS count FROM team_member WHERE user_id = $1', [userId])
      return rows[0]!.count
    },
    async raise(id, now) {
      const { rows } = await tx.query<Omit<Team, 'members'>>(
        'UPDATE team SET version = version + 1, updated_at = $2 WHERE id = $1 RETURNING id, name, version',
        [id, now],
      )
      return { ...rows[0]!, members: await listMembers(id) }
    },
  }
}
