import { getClosure } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { assertPresent } from '../errors.ts'
import { toClosure } from '../presenters.ts'

export const getClosureRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, getClosure, async ({ params }) => {
      return { status: 200, body: toClosure(assertPresent(await deps.reads.findClosure(params.id), 'closure')) }
    })
  }
