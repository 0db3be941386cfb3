import type { Queryable } from '@alcove/database'
import type { LockMode } from '../domain/stores.ts'
import type { TableMap } from './tables.ts'

const members = <R>(table: TableMap<R>) => Object.keys(table.columns) as (keyof R & string)[]

/** `id, time_zone AS "timeZone", …`, each from `alias` if one is given. */
export function selectList<R>(table: TableMap<R>, alias?: string): string {
  const prefix = alias ? `${alias}.` : ''
  return members(table)
    .map((member) => `${prefix}${table.columns[member]} AS "${member}"`)
    .join(', ')
}

function toParameter<R>(table: TableMap<R>, record: R, member: keyof R): unknown {
  const value = record[member]
  return table.json.includes(member) && value !== null ? JSON.stringify(value) : value
}

export async function insertRow<R>(db: Queryable, table: TableMap<R>, record: R): Promise<void> {
  const names = members(table)
  const text = `INSERT INTO ${table.name} (${names.map((name) => table.columns[name]).join(', ')}) VALUES (${names.map((_, index) => `$${index + 1}`).join(', ')})`
  await db.query(
    text,
    names.map((name) => toParameter(table, record, name)),
  )
}

/** Writes every column of the row with the record's id. */
export async function updateRow<R extends { id: string }>(db: Queryable, table: TableMap<R>, record: R): Promise<void> {
  const names = members(table).filter((name) => name !== 'id')
  const text = `UPDATE ${table.name} SET ${names.map((name, index) => `${table.columns[name]} = $${index + 2}`).join(', ')} WHERE id = $1`
  await db.query(text, [record.id, ...names.map((name) => toParameter(table, record, name))])
}

/** The row locked until the commit, or undefined. */
export async function lockRow<R extends object>(db: Queryable, table: TableMap<R>, lock: { id: string; mode: LockMode }): Promise<R | undefined> {
  const { rows } = await db.query<R>(`SELECT ${selectList(table)} FROM ${table.name} WHERE id = $1 FOR ${lock.mode === 'update' ? 'UPDATE' : 'SHARE'}`, [
    lock.id,
  ])
  return rows[0]
}
