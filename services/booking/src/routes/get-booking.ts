import { getBooking } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { BookingReader } from '../domain/ports.ts'
import { assertVisible } from '../policies.ts'
import { toBookingBody, toEtag } from '../presenters.ts'

export const getBookingRoute = (deps: { reader: BookingReader }) => async (app: FastifyInstance) => {
  addOperation(app, getBooking, async ({ params }, ctx) => {
    const booking = assertVisible(ctx.principal, await deps.reader.find(params.id))
    return { status: 200, headers: toEtag(booking), body: toBookingBody(booking) }
  })
}
