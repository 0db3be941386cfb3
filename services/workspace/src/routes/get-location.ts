import { getLocation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { assertPresent } from '../errors.ts'
import { toLocation } from '../presenters.ts'

export const getLocationRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, getLocation, async ({ params }) => {
      return { status: 200, body: toLocation(assertPresent(await deps.reads.findLocation(params.id), 'location')) }
    })
  }
