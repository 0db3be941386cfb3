import { readNotification } from '@alcove/contracts'
import { addOperation, notFound } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { Inbox } from '../domain/stores.ts'
import { presentNotification } from '../presenters.ts'

export const readNotificationRoute = (deps: { inbox: Inbox; now: () => Date }) => async (app: FastifyInstance) => {
  addOperation(app, readNotification, async ({ params }, { principal }) => {
    const row = await deps.inbox.readItem({ id: params.id, userId: principal.userId, now: deps.now() })
    if (!row) throw notFound('There is no such item in your inbox.')
    return { status: 200, body: presentNotification(row) }
  })
}
