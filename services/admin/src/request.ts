import { consumingServices, type ConsumingService } from '@alcove/contracts'
import type { ReplayPosition } from './domain/dead-letters.ts'
import { cursorInvalid } from './errors.ts'

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** An opaque position in the list of dead letters. */
export const toListCursor = (id: string): string => Buffer.from(id).toString('base64url')

/** 400 for a cursor that {@link toListCursor} did not make. */
export function fromListCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString()
  if (!uuidForm.test(id)) throw cursorInvalid()
  return id
}

/** An opaque position in a run of replays. */
export const toReplayCursor = ({ service, after = '' }: ReplayPosition): string => Buffer.from(`${service} ${after}`).toString('base64url')

/** 400 for a cursor that {@link toReplayCursor} did not make. */
export function fromReplayCursor(cursor: string): ReplayPosition {
  const [service, after = ''] = Buffer.from(cursor, 'base64url').toString().split(' ')
  if (!consumingServices.includes(service as ConsumingService) || (after !== '' && !uuidForm.test(after))) throw cursorInvalid()
  return { service: service as ConsumingService, ...(after === '' ? {} : { after }) }
}
