import { updatePolicy as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { updatePolicy } from '../domain/write-policies.ts'
import { toPolicy } from '../presenters.ts'
import { toWrite } from '../request.ts'

export const updatePolicyRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, operation, async ({ params, body }, ctx) => {
      const record = await updatePolicy(deps, { write: await toWrite(ctx, deps.clock), id: params.id, body })
      return { status: 200, body: toPolicy(record) }
    })
  }
