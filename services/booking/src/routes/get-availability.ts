import { getAvailability } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import { parseInstant } from '../domain/instants.ts'
import { listAvailability, type ListAvailabilityDeps } from '../domain/list-availability.ts'
import { malformed, malformedMember } from '../errors.ts'
import { renderAvailability } from '../render-availability.ts'
import { toScope } from './request.ts'

const rangeDaysMax = 31
const dayMs = 86_400_000

export const getAvailabilityRoute = (deps: ListAvailabilityDeps) => async (app: FastifyInstance) => {
  addOperation(app, getAvailability, async ({ query }, ctx) => {
    const range = readRange(query)
    const { locationId, spaceId: spaceIds, kind, capacityMin, amenity: amenities, durationMinutes } = query
    const skip = query.cursor === undefined ? 0 : readCursor(query.cursor)
    const items = await listAvailability(deps, { ...range, locationId, spaceIds, kind, capacityMin, amenities, durationMinutes }, toScope(ctx))
    const end = query.limit === undefined ? items.length : skip + query.limit
    const nextCursor = end < items.length ? Buffer.from(`after ${end}`).toString('base64url') : null
    return { status: 200, body: renderAvailability(items.slice(skip, end), nextCursor) }
  })
}

function readRange(query: { from: string; to: string; locationId?: string; spaceId?: string[] }): { from: Date; to: Date } {
  const from = parseInstant(query.from)
  const to = parseInstant(query.to)
  const errors = []
  if (to <= from) errors.push({ pointer: '/to', code: 'range', detail: 'must be after from' })
  if (to.getTime() - from.getTime() > rangeDaysMax * dayMs)
    errors.push({ pointer: '/to', code: 'range', detail: `must be at most ${rangeDaysMax} days after from` })
  if (query.locationId === undefined && query.spaceId === undefined) {
    errors.push({ pointer: '/locationId', code: 'required', detail: 'Give locationId or spaceId.' })
  }
  if (errors.length > 0) throw malformed(errors)
  return { from, to }
}

function readCursor(cursor: string): number {
  const match = /^after (\d{1,6})$/.exec(Buffer.from(cursor, 'base64url').toString())
  if (!match) throw malformedMember('/cursor', 'This cursor is not of this list.', 'format')
  return Number(match[1])
}
