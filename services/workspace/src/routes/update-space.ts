import { updateSpace as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { updateSpace } from '../domain/write-spaces.ts'
import { toSpace } from '../presenters.ts'
import { toCall, toWrite } from '../request.ts'

export const updateSpaceRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, operation, async ({ params, body }, ctx) => {
      const record = await updateSpace(deps, { write: await toWrite(ctx, deps.clock), id: params.id, body, call: toCall(ctx) })
      return { status: 200, body: toSpace(record) }
    })
  }
