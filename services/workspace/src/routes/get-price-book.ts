import { getPriceBook } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { assertPresent } from '../errors.ts'
import { toPriceBook } from '../presenters.ts'

export const getPriceBookRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, getPriceBook, async ({ params }) => {
      return { status: 200, body: toPriceBook(assertPresent(await deps.reads.findPriceBook(params.id), 'price book')) }
    })
  }
