import { putOpeningHours as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { setOpeningHours } from '../domain/write-locations.ts'
import { toLocation } from '../presenters.ts'
import { toWrite } from '../request.ts'

export const putOpeningHoursRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, operation, async ({ params, body }, ctx) => {
      const record = await setOpeningHours(deps, { write: await toWrite(ctx, deps.clock), id: params.id, body })
      return { status: 200, body: toLocation(record).openingHours }
    })
  }
