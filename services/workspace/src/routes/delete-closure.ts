import { deleteClosure as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { deleteClosure } from '../domain/write-closures.ts'
import { toWrite } from '../request.ts'

export const deleteClosureRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, operation, async ({ params }, ctx) => {
      await deleteClosure(deps, { write: await toWrite(ctx, deps.clock), id: params.id })
      return { status: 204 }
    })
  }
