import { createLocation as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { createLocation } from '../domain/write-locations.ts'
import { toLocation } from '../presenters.ts'
import { toCommand, toWrite } from '../request.ts'

export const createLocationRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, operation, async (input, ctx) => {
      const record = await createLocation(deps, { write: await toWrite(ctx, deps.clock), command: toCommand(input, ctx), body: input.body })
      return { status: 201, headers: { location: `/v1/locations/${record.id}` }, body: toLocation(record) }
    })
  }
