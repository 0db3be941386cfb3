import { malformed, toInstant } from '@alcove/kit'
import type { Account } from './domain/account.ts'
import type { Session } from './domain/session.ts'

export function presentAccount(account: Account) {
  const { id, email, displayName, roles, status, createdAt, version } = account
  return { id, email, displayName, roles: [...roles], status, createdAt: toInstant(createdAt), version }
}

export function presentSession(session: Session, currentId: string) {
  const { id, userAgent, createdAt, lastUsedAt, expiresAt } = session
  return { id, current: id === currentId, userAgent, createdAt: toInstant(createdAt), lastUsedAt: toInstant(lastUsedAt), expiresAt: toInstant(expiresAt) }
}

/** A page of rows read with one more than asked for, which tells whether there is another. */
export function toPage<R extends { id: string }, T>(rows: readonly R[], limit: number, present: (row: R) => T): { items: T[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown.map(present), nextCursor: rows.length > limit && last ? Buffer.from(last.id).toString('base64url') : null }
}

const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The id after which a list continues. Throws `malformed` for a cursor that no list gave. */
export function readCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const id = Buffer.from(cursor, 'base64url').toString()
  if (!idForm.test(id)) throw malformed([{ pointer: '/cursor', code: 'format', detail: 'is not a cursor of this list' }])
  return id
}
