import { changeBooking } from '@alcove/contracts'
import { addOperation, requireVersion } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import { changeBooking as change } from '../domain/change-booking.ts'
import type { CreateBookingDeps } from '../domain/create-booking.ts'
import { parseInstant } from '../domain/instants.ts'
import { assertVisible } from '../policies.ts'
import { toBookingBody, toEtag } from '../presenters.ts'
import { countRefusals, toByOn, toScope } from './request.ts'

export const changeBookingRoute = (deps: CreateBookingDeps) => async (app: FastifyInstance) => {
  addOperation(app, changeBooking, async (input, ctx) => {
    const booking = assertVisible(ctx.principal, await deps.reader.find(input.params.id))
    requireVersion(input, booking.version)
    const { startsAt, endsAt, ...others } = input.body
    const changed = await countRefusals(
      deps.metrics,
      change(
        deps,
        {
          booking,
          ...others,
          startsAt: startsAt === undefined ? undefined : parseInstant(startsAt),
          endsAt: endsAt === undefined ? undefined : parseInstant(endsAt),
          by: await toByOn(ctx, booking),
        },
        toScope(ctx),
      ),
    )
    const isPending = changed.pendingChange !== null
    return { status: isPending ? (202 as const) : (200 as const), headers: toEtag(changed), body: toBookingBody(changed) }
  })
}
