import { updatePriceBook as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { updatePriceBook } from '../domain/write-price-books.ts'
import { toPriceBook } from '../presenters.ts'
import { toWrite } from '../request.ts'

export const updatePriceBookRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, operation, async ({ params, body }, ctx) => {
      const record = await updatePriceBook(deps, { write: await toWrite(ctx, deps.clock), id: params.id, body })
      return { status: 200, body: toPriceBook(record) }
    })
  }
