import { createBooking } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import { createBooking as create, type CreateBookingDeps } from '../domain/create-booking.ts'
import { parseInstant } from '../domain/instants.ts'
import { toCreatedAnswer } from '../presenters.ts'
import { countRefusals, toBy, toKey, toScope } from './request.ts'

export const createBookingRoute = (deps: CreateBookingDeps) => async (app: FastifyInstance) => {
  addOperation(app, createBooking, async ({ body, idempotencyKey }, ctx) => {
    const booking = await countRefusals(
      deps.metrics,
      create(
        deps,
        {
          ...body,
          userId: ctx.principal.userId,
          startsAt: parseInstant(body.startsAt),
          endsAt: parseInstant(body.endsAt),
          key: toKey(ctx, idempotencyKey, { path: '/v1/bookings', body }),
          by: toBy(ctx),
        },
        toScope(ctx),
      ),
    )
    return toCreatedAnswer(booking)
  })
}
