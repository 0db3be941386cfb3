import { createHold } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { CreateBookingDeps } from '../domain/create-booking.ts'
import { parseInstant } from '../domain/instants.ts'
import { placeHold } from '../domain/place-hold.ts'
import { toHoldBody } from '../presenters.ts'
import { countRefusals, toBy, toKey, toScope } from './request.ts'

export const createHoldRoute = (deps: CreateBookingDeps) => async (app: FastifyInstance) => {
  addOperation(app, createHold, async ({ body, idempotencyKey }, ctx) => {
    const hold = await countRefusals(
      deps.metrics,
      placeHold(
        deps,
        {
          userId: ctx.principal.userId,
          spaceId: body.spaceId,
          startsAt: parseInstant(body.startsAt),
          endsAt: parseInstant(body.endsAt),
          key: toKey(ctx, idempotencyKey, { path: '/v1/holds', body }),
          by: toBy(ctx),
        },
        toScope(ctx),
      ),
    )
    return { status: 201, headers: { location: `/v1/holds/${hold.id}` }, body: toHoldBody(hold) }
  })
}
