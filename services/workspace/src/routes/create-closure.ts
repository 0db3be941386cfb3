import { createClosure as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { createClosure } from '../domain/write-closures.ts'
import { toClosure } from '../presenters.ts'
import { toCommand, toWrite } from '../request.ts'

export const createClosureRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, operation, async (input, ctx) => {
      const record = await createClosure(deps, { write: await toWrite(ctx, deps.clock), command: toCommand(input, ctx), body: input.body })
      return { status: 201, headers: { location: `/v1/closures/${record.id}` }, body: toClosure(record) }
    })
  }
