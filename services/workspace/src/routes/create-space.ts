import { createSpace as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { createSpace } from '../domain/write-spaces.ts'
import { toSpace } from '../presenters.ts'
import { toCommand, toWrite } from '../request.ts'

export const createSpaceRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, operation, async (input, ctx) => {
      const record = await createSpace(deps, { write: await toWrite(ctx, deps.clock), command: toCommand(input, ctx), body: input.body })
      return { status: 201, headers: { location: `/v1/spaces/${record.id}` }, body: toSpace(record) }
    })
  }
