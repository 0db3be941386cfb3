import { listLocations } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { toLocation } from '../presenters.ts'
import { toPage, toPageRequest } from '../request.ts'

export const listLocationsRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, listLocations, async ({ query }) => {
      const page = toPageRequest(query)
      return { status: 200, body: toPage(await deps.reads.listLocations(page), page, toLocation) }
    })
  }
