import { findClosure as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { toInstantText } from '../domain/closure.ts'
import { assertPresent } from '../errors.ts'

export const findClosureRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, operation, async ({ params }) => {
      const { id, locationId, spaceIds, startsAt, endsAt } = assertPresent(await deps.reads.findClosure(params.id), 'closure')
      return { status: 200, body: { id, locationId, spaceIds, startsAt: toInstantText(startsAt), endsAt: toInstantText(endsAt) } }
    })
  }
