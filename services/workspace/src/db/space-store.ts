import type { PoolClient } from 'pg'
import type { SpaceRecord, UnitRecord } from '../domain/space.ts'
import type { Stores } from '../domain/stores.ts'
import { insertRow, lockRow, selectList, updateRow } from './rows.ts'
import { spaceTable } from './tables.ts'

type Row = Omit<SpaceRecord, 'units'>

/** Spaces and their units within a transaction. */
export function createSpaceStore(tx: PoolClient): Stores['spaces'] {
  const withUnits = async (rows: Row[]): Promise<SpaceRecord[]> => {
    if (rows.length === 0) return []
    const units = await tx.query<UnitRecord & { spaceId: string }>(
      `SELECT id, space_id AS "spaceId", number, status FROM unit WHERE space_id = ANY($1::uuid[]) AND removed_at IS NULL ORDER BY number`,
      [rows.map(({ id }) => id)],
    )
    const bySpace = Map.groupBy(units.rows, ({ spaceId }) => spaceId)
    return rows.map((row) => ({ ...row, units: (bySpace.get(row.id) ?? []).map(({ id, number, status }) => ({ id, number, status })) }))
  }
  const one = async (row: Row | undefined) => (row ? (await withUnits([row]))[0] : undefined)

  return {
    find: async (id) => one((await tx.query<Row>(`SELECT ${selectList(spaceTable)} FROM space WHERE id = $1`, [id])).rows[0]),
    lock: async (id, mode = 'update') => one(await lockRow(tx, spaceTable, { id, mode })),
    async lockOfLocation(locationId) {
      const { rows } = await tx.query<Row>(
        `SELECT ${selectList(spaceTable)} FROM space WHERE location_id = $1 AND archived_at IS NULL ORDER BY id FOR UPDATE`,
        [locationId],
      )
      return withUnits(rows)
    },
    async listPresentIds(locationId, ids) {
      const { rows } = await tx.query<{ id: string }>(
        'SELECT id FROM space WHERE location_id = $1 AND id = ANY($2::uuid[]) AND archived_at IS NULL ORDER BY id FOR SHARE',
        [locationId, ids],
      )
      return rows.map(({ id }) => id)
    },
    insert: ({ units: _units, ...row }) => insertRow(tx, spaceTable, row),
    update: ({ units: _units, ...row }) => updateRow(tx, spaceTable, row),
    async insertUnits(spaceId, units) {
      if (units.length === 0) return
      await tx.query(
        'INSERT INTO unit (id, space_id, number, status) SELECT id, $1, number, status FROM unnest($2::uuid[], $3::integer[], $4::text[]) AS added (id, number, status)',
        [spaceId, units.map(({ id }) => id), units.map(({ number }) => number), units.map(({ status }) => status)],
      )
    },
    async removeUnits(ids, at) {
      await tx.query('UPDATE unit SET removed_at = $2 WHERE id = ANY($1::uuid[])', [ids, at])
    },
  }
}
