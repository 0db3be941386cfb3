import { checkBooking } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import { checkBooking as check, type CheckBookingDeps } from '../domain/check-booking.ts'
import { parseInstant } from '../domain/instants.ts'
import { assertPaymentComplete } from '../domain/quote-booking.ts'
import { toQuoteBody } from '../presenters.ts'
import { toScope } from './request.ts'

export const checkBookingRoute = (deps: CheckBookingDeps) => async (app: FastifyInstance) => {
  addOperation(app, checkBooking, async ({ body }, ctx) => {
    assertPaymentComplete(body.payment)
    const { spaceId, unitId, teamId, holdId } = body
    const wish = {
      userId: ctx.principal.userId,
      spaceId,
      unitId,
      teamId,
      holdId,
      startsAt: parseInstant(body.startsAt),
      endsAt: parseInstant(body.endsAt),
      attendeeCount: (body.attendees?.length ?? 0) + 1,
    }
    const result = await check(deps, wish, toScope(ctx))
    return { status: 200, body: { ...result, quote: toQuoteBody(result.quote) } }
  })
}
