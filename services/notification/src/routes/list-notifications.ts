import { listNotifications } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { Inbox } from '../domain/stores.ts'
import { readCursor } from '../errors.ts'
import { presentNotification } from '../presenters.ts'

export const listNotificationsRoute = (deps: { inbox: Inbox }) => async (app: FastifyInstance) => {
  addOperation(app, listNotifications, async ({ query }, { principal }) => {
    const { limit = 50, cursor, unread } = query
    const page = await deps.inbox.listItems({ userId: principal.userId, unread, limit, before: readCursor(cursor) })
    return { status: 200, body: { items: page.rows.map(presentNotification), nextCursor: page.nextCursor } }
  })
}
