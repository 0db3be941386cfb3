import { getPolicy } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { assertPresent } from '../errors.ts'
import { toPolicy } from '../presenters.ts'

export const getPolicyRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, getPolicy, async ({ params }) => {
      return { status: 200, body: toPolicy(assertPresent(await deps.reads.findPolicy(params.id), 'policy')) }
    })
  }
