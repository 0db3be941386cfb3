import { getSpace } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { assertPresent } from '../errors.ts'
import { toSpace } from '../presenters.ts'

export const getSpaceRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, getSpace, async ({ params }) => {
      return { status: 200, body: toSpace(assertPresent(await deps.reads.findSpace(params.id), 'space')) }
    })
  }
