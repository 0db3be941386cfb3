import { listBookings, type ListedStatus } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { BookingRecord } from '../domain/booking.ts'
import { getClosure, type FindClosureDeps } from '../domain/find-closure.ts'
import { formatInstant, parseInstant } from '../domain/instants.ts'
import type { Closure } from '../domain/ports.ts'
import { malformedMember } from '../errors.ts'
import { listedUser } from '../policies.ts'
import { toBookingBody } from '../presenters.ts'
import { toScope } from './request.ts'

type After = { startsAt: Date; id: string } | { id: string }

export interface ListBookingsDeps extends FindClosureDeps {
  list: (query: {
    userId?: string
    spaceId?: string
    locationId?: string
    closure?: Closure
    status?: ListedStatus
    from?: Date
    to?: Date
    limit: number
    after?: After
  }) => Promise<BookingRecord[]>
}

export const listBookingsRoute = (deps: ListBookingsDeps) => async (app: FastifyInstance) => {
  addOperation(app, listBookings, async ({ query }, ctx) => {
    const { cursor, limit = 50, closureId, ...filters } = query
    const from = filters.from === undefined ? undefined : parseInstant(filters.from)
    const to = filters.to === undefined ? undefined : parseInstant(filters.to)
    const after = cursor === undefined ? undefined : readCursor(cursor, from !== undefined)
    const userId = listedUser(ctx.principal, query)
    const closure = closureId === undefined ? undefined : await getClosure(deps, closureId, toScope(ctx))
    const rows = await deps.list({ ...filters, userId, closure, from, to, limit, after })
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    const nextCursor = rows.length > limit && last ? writeCursor(last, from !== undefined) : null
    return { status: 200, body: { items: page.map(toBookingBody), nextCursor } }
  })
}

const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function writeCursor({ startsAt, id }: BookingRecord, byStart: boolean): string {
  return Buffer.from(byStart ? `${formatInstant(startsAt)} ${id}` : id).toString('base64url')
}

function readCursor(cursor: string, byStart: boolean): After {
  const text = Buffer.from(cursor, 'base64url').toString()
  const [first = '', second] = text.split(' ')
  if (!byStart && idForm.test(text)) return { id: text }
  const startsAt = new Date(first)
  if (byStart && second && idForm.test(second) && !Number.isNaN(startsAt.getTime())) return { startsAt, id: second }
  throw malformedMember('/cursor', 'This cursor is not of this list.', 'format')
}
