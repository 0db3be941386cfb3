import { deleteLocation as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { archiveLocation } from '../domain/archive.ts'
import { toCall, toWrite } from '../request.ts'

export const deleteLocationRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, operation, async ({ params }, ctx) => {
      await archiveLocation(deps, { write: await toWrite(ctx, deps.clock), id: params.id, call: toCall(ctx) })
      return { status: 204 }
    })
  }
