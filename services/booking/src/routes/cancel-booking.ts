import { cancelBooking } from '@alcove/contracts'
import { addOperation, isOperator } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import { cancelBooking as cancel, type CancelBookingDeps } from '../domain/cancel-booking.ts'
import { assertVisible, ownsBooking } from '../policies.ts'
import { toBookingBody, toEtag } from '../presenters.ts'
import { toByOn, toKey, toScope } from './request.ts'

export const cancelBookingRoute = (deps: CancelBookingDeps) => async (app: FastifyInstance) => {
  addOperation(app, cancelBooking, async ({ params, body, idempotencyKey }, ctx) => {
    const booking = assertVisible(ctx.principal, await deps.reader.find(params.id))
    const input = {
      booking,
      reason: body.reason,
      asOperator: isOperator(ctx.principal),
      isOwner: ownsBooking(ctx.principal, booking),
      key: toKey(ctx, idempotencyKey, { path: `/v1/bookings/${params.id}/cancel`, body }),
      by: await toByOn(ctx, booking),
    }
    const cancelled = await cancel(deps, input, toScope(ctx))
    return { status: 200, headers: toEtag(cancelled), body: toBookingBody(cancelled) }
  })
}
