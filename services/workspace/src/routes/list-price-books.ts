import { listPriceBooks } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { toPriceBook } from '../presenters.ts'
import { toPage, toPageRequest } from '../request.ts'

export const listPriceBooksRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, listPriceBooks, async ({ query }) => {
      const page = toPageRequest(query)
      return { status: 200, body: toPage(await deps.reads.listPriceBooks(page), page, toPriceBook) }
    })
  }
