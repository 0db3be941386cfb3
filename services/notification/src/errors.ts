import { malformed } from '@alcove/kit'
import { fromCursor } from './domain/rows.ts'

/** The position a list goes on from; 400 for a cursor that was never given out. */
export function readCursor(cursor: string | undefined): bigint | undefined {
  if (cursor === undefined) return undefined
  const position = fromCursor(cursor)
  if (position === undefined) throw malformed([{ pointer: '/cursor', code: 'cursor', detail: 'is not a cursor of this list' }])
  return position
}
