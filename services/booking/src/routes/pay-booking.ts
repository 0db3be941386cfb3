import { payBooking } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import { payBooking as pay, type PayBookingDeps } from '../domain/pay-booking.ts'
import { assertVisible } from '../policies.ts'
import { toBookingBody, toEtag } from '../presenters.ts'
import { toByOn, toKey, toScope } from './request.ts'

export const payBookingRoute = (deps: PayBookingDeps) => async (app: FastifyInstance) => {
  addOperation(app, payBooking, async ({ params, body, idempotencyKey }, ctx) => {
    const booking = assertVisible(ctx.principal, await deps.reader.find(params.id))
    const key = toKey(ctx, idempotencyKey, { path: `/v1/bookings/${params.id}/pay`, body })
    const paid = await pay(deps, { booking, payment: body.payment, key, by: await toByOn(ctx, booking) }, toScope(ctx))
    const isPending = paid.status === 'pending_payment'
    return { status: isPending ? (202 as const) : (200 as const), headers: toEtag(paid), body: toBookingBody(paid) }
  })
}
