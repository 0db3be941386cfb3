import { malformed } from '@alcove/kit'
import type { Page } from '../domain/records.ts'

const idForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Reads `limit` and the opaque `cursor` of a list; a cursor we did not make is malformed. */
export function readPage({ limit = 50, cursor }: { limit?: number; cursor?: string }): Page {
  if (cursor === undefined) return { limit }
  const after = Buffer.from(cursor, 'base64url').toString('utf8')
  if (!idForm.test(after)) throw malformed([{ pointer: '/cursor', code: 'invalid', detail: 'This is not a cursor of this list.' }])
  return { limit, after }
}

export const toCursor = (next: string | null): string | null => (next === null ? null : Buffer.from(next).toString('base64url'))
