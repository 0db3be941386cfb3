import { createPolicy as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { createPolicy } from '../domain/write-policies.ts'
import { toPolicy } from '../presenters.ts'
import { toCommand, toWrite } from '../request.ts'

export const createPolicyRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, operation, async (input, ctx) => {
      const record = await createPolicy(deps, { write: await toWrite(ctx, deps.clock), command: toCommand(input, ctx), body: input.body })
      return { status: 201, headers: { location: `/v1/policies/${record.id}` }, body: toPolicy(record) }
    })
  }
