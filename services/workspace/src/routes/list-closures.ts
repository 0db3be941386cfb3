import { listClosures } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { toClosure } from '../presenters.ts'
import { toPage, toPageRequest } from '../request.ts'

export const listClosuresRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, listClosures, async ({ query: { limit, cursor, ...filter } }) => {
      const page = toPageRequest({ limit, cursor })
      return { status: 200, body: toPage(await deps.reads.listClosures(page, filter), page, toClosure) }
    })
  }
