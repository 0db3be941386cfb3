import { listSpaces } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { toSpace } from '../presenters.ts'
import { toPage, toPageRequest } from '../request.ts'

export const listSpacesRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, listSpaces, async ({ query: { limit, cursor, ...filter } }) => {
      const page = toPageRequest({ limit, cursor })
      return { status: 200, body: toPage(await deps.reads.listSpaces(page, filter), page, toSpace) }
    })
  }
