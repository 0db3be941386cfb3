import { createPriceBook as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { createPriceBook } from '../domain/write-price-books.ts'
import { toPriceBook } from '../presenters.ts'
import { toCommand, toWrite } from '../request.ts'

export const createPriceBookRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, operation, async (input, ctx) => {
      const record = await createPriceBook(deps, { write: await toWrite(ctx, deps.clock), command: toCommand(input, ctx), body: input.body })
      return { status: 201, headers: { location: `/v1/price-books/${record.id}` }, body: toPriceBook(record) }
    })
  }
