import { listGrantRequests } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { GrantRequestStore } from '../domain/accounts.ts'
import { toGrantRequest } from '../presenters.ts'
import { readPage, toCursor } from './page.ts'

export const listGrantRequestsRoute =
  (deps: { grantRequests: Pick<GrantRequestStore, 'list'> }): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, listGrantRequests, async ({ query: { status, ...page } }) => {
      const { items, next } = await deps.grantRequests.list(status, readPage(page))
      return { status: 200, body: { items: items.map(toGrantRequest), nextCursor: toCursor(next) } }
    })
  }
