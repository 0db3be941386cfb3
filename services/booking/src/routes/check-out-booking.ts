import { checkOutBooking } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import { checkOutBooking as checkOut, type AttendBookingDeps } from '../domain/attend-booking.ts'
import { assertVisible } from '../policies.ts'
import { toBookingBody, toEtag } from '../presenters.ts'
import { toByOn, toKey } from './request.ts'

export const checkOutBookingRoute = (deps: AttendBookingDeps) => async (app: FastifyInstance) => {
  addOperation(app, checkOutBooking, async ({ params, idempotencyKey }, ctx) => {
    const booking = assertVisible(ctx.principal, await deps.reader.find(params.id))
    const key = toKey(ctx, idempotencyKey, { path: `/v1/bookings/${params.id}/check-out` })
    const done = await checkOut(deps, { booking, key, by: await toByOn(ctx, booking) })
    return { status: 200, headers: toEtag(done), body: toBookingBody(done) }
  })
}
