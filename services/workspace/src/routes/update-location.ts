import { updateLocation as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { updateLocation } from '../domain/write-locations.ts'
import { toLocation } from '../presenters.ts'
import { toWrite } from '../request.ts'

export const updateLocationRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, operation, async ({ params, body }, ctx) => {
      const record = await updateLocation(deps, { write: await toWrite(ctx, deps.clock), id: params.id, body })
      return { status: 200, body: toLocation(record) }
    })
  }
