import { deleteSpace as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { archiveSpace } from '../domain/archive.ts'
import { toCall, toWrite } from '../request.ts'

export const deleteSpaceRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, operation, async ({ params }, ctx) => {
      await archiveSpace(deps, { write: await toWrite(ctx, deps.clock), id: params.id, call: toCall(ctx) })
      return { status: 204 }
    })
  }
