import { getBookingTimeline, type TimelineEntry } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import { formatInstant } from '../domain/instants.ts'
import type { BookingReader } from '../domain/ports.ts'
import { assertVisible } from '../policies.ts'

interface HistoryEntry {
  version: number
  at: Date
  what: string
  actorType: string
  actorId: string | null
  traceId: string | null
  detail: unknown
}

export interface TimelineDeps {
  reader: BookingReader
  listHistory: (bookingId: string) => Promise<HistoryEntry[]>
}

export const getBookingTimelineRoute = (deps: TimelineDeps) => async (app: FastifyInstance) => {
  addOperation(app, getBookingTimeline, async ({ params }, ctx) => {
    const booking = assertVisible(ctx.principal, await deps.reader.find(params.id))
    const history = await deps.listHistory(booking.id)
    return { status: 200, body: { items: history.map(toEntry), nextCursor: null } }
  })
}

function toEntry({ version, at, what, actorType, actorId, traceId, detail }: HistoryEntry): TimelineEntry {
  return {
    at: formatInstant(at),
    what,
    actor: { type: actorType as TimelineEntry['actor']['type'], id: actorId },
    traceId: traceId || null,
    detail: { version, ...(detail as Record<string, unknown>) },
  }
}
