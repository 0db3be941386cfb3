import { getBookingDetail, type BookingState } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { BookingRecord } from '../domain/booking.ts'
import { notFound } from '../errors.ts'

export interface BookingDetailDeps {
  /** The booking with its public state as its events carry it. */
  findDetail: (id: string) => Promise<{ state: BookingState; booking: BookingRecord } | undefined>
}

export const getBookingDetailRoute = (deps: BookingDetailDeps) => async (app: FastifyInstance) => {
  addOperation(app, getBookingDetail, async ({ params }) => {
    const found = await deps.findDetail(params.id)
    if (!found) throw notFound('There is no such booking.')
    const { state, booking } = found
    const { spaceName, unitName, locationName, title, reason, attendees } = booking
    return { status: 200, body: { state, spaceName, unitName, locationName, title, reason, attendees } }
  })
}
