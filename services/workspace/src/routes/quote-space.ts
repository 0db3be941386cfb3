import { quoteSpace as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { quoteSpace } from '../domain/quote-space.ts'

export const quoteSpaceRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, operation, async ({ body }) => ({ status: 200, body: await quoteSpace(deps, body) }))
  }
