import type { Queryable } from '@alcove/database'
import type { UntoldClosure } from '../domain/stores.ts'

/** Keeps the newest state of a closure: one deleted before anybody was told is told to nobody. False: a newer one is kept already. */
export async function keepClosure(
  tx: Queryable,
  closure: { closureId: string; version: number; startsAt: string; endsAt: string },
  isDeleted: boolean,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO closure (id, version, starts_at, ends_at, deleted) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (id) DO UPDATE SET version = excluded.version, starts_at = excluded.starts_at, ends_at = excluded.ends_at, deleted = excluded.deleted
     WHERE closure.version < excluded.version`,
    [closure.closureId, closure.version, closure.startsAt, closure.endsAt, isDeleted],
  )
  return rowCount === 1
}

export async function listUntoldClosures(db: Queryable, now: Date): Promise<UntoldClosure[]> {
  const untold = await db.query<{ id: string; starts_at: Date; ends_at: Date }>(
    'SELECT id, starts_at, ends_at FROM closure WHERE told_at IS NULL AND NOT deleted AND ends_at > $1 ORDER BY id LIMIT 100',
    [now],
  )
  return untold.rows.map((row) => ({ id: row.id, startsAt: row.starts_at.toISOString(), endsAt: row.ends_at.toISOString() }))
}

export async function markClosureTold(tx: Queryable, id: string, now: Date): Promise<void> {
  await tx.query('UPDATE closure SET told_at = $2 WHERE id = $1', [id, now])
}
