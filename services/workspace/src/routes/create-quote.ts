import { createQuote } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { quoteSpace } from '../domain/quote-space.ts'
import { notFound } from '../errors.ts'
import { toQuote } from '../presenters.ts'

export const createQuoteRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, createQuote, async ({ body: { addons, ...wanted } }) => {
      // Add-ons are not sold yet, so none exists.
      if (addons && addons.length > 0) throw notFound('There is no such add-on.')
      const quote = await quoteSpace(deps, { ...wanted, at: deps.clock.now().toISOString(), planId: null, teamIds: [] })
      return { status: 200, body: toQuote(quote) }
    })
  }
