import type { Pool } from 'pg'
import type { PeopleReader, PersonRow } from '../domain/ports.ts'

/** Also the hot statement of every booking: one index lookup for the profile, one index-only scan for the teams. */
const selectPerson = `SELECT p.id, p.display_name AS "displayName", p.locale, p.time_zone AS "timeZone", p.plan_id AS "planId", p.status,
  coalesce((SELECT jsonb_agg(jsonb_build_object('id', m.team_id, 'name', t.name, 'role', m.role) ORDER BY m.team_id)
    FROM team_member m JOIN team t ON t.id = m.team_id WHERE m.user_id = p.id), '[]') AS teams
  FROM profile p`

/** Profiles as they are read. */
export function createPeopleReader(pool: Pool): PeopleReader {
  return {
    async find(id) {
      const { rows } = await pool.query<PersonRow>({ name: 'person-find', text: `${selectPerson} WHERE p.id = $1`, values: [id] })
      return rows[0]
    },
    listByIds: async (ids) => (await pool.query<PersonRow>(`${selectPerson} WHERE p.id = ANY ($1)`, [ids])).rows,
    async listIds({ nameContains, beforeId, limit }) {
      const { rows } = await pool.query<{ id: string }>(
        `SELECT id FROM profile WHERE ($1::text IS NULL OR display_name ILIKE $1) AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
        [nameContains === undefined ? null : `%${nameContains.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`, beforeId ?? null, limit],
      )
      return rows.map(({ id }) => id)
    },
    async listNameDue(limit) {
      const { rows } = await pool.query<{ id: string }>('SELECT id FROM profile WHERE name_due ORDER BY id LIMIT $1', [limit])
      return rows.map(({ id }) => id)
    },
    async setName(id, displayName) {
      await pool.query(
        `UPDATE profile SET name_due = false, display_name = CASE WHEN name_edited THEN display_name ELSE coalesce($2, display_name) END
         WHERE id = $1 AND name_due`,
        [id, displayName],
      )
    },
  }
}
