import { checkInBooking } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import { checkInBooking as checkIn, type AttendBookingDeps } from '../domain/attend-booking.ts'
import { assertVisible } from '../policies.ts'
import { toBookingBody, toEtag } from '../presenters.ts'
import { toByOn, toKey } from './request.ts'

export const checkInBookingRoute = (deps: AttendBookingDeps) => async (app: FastifyInstance) => {
  addOperation(app, checkInBooking, async ({ params, idempotencyKey }, ctx) => {
    const booking = assertVisible(ctx.principal, await deps.reader.find(params.id))
    const key = toKey(ctx, idempotencyKey, { path: `/v1/bookings/${params.id}/check-in` })
    const done = await checkIn(deps, { booking, key, by: await toByOn(ctx, booking) })
    return { status: 200, headers: toEtag(done), body: toBookingBody(done) }
  })
}
