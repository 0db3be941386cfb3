import { listSessions } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AuthDeps } from '../deps.ts'
import { assertSession } from './own-rows.ts'
import { presentSession, readCursor, toPage } from '../presenters.ts'

export const listSessionsRoute = (deps: AuthDeps) => async (app: FastifyInstance) => {
  addOperation(app, listSessions, async ({ query }, ctx) => {
    await assertSession(deps, ctx)
    const { userId, sessionId } = ctx.principal
    const limit = query.limit ?? 50
    const rows = await deps.sessions.list(userId, { now: deps.now(), beforeId: readCursor(query.cursor), limit: limit + 1 })
    return { status: 200, body: toPage(rows, limit, (session) => presentSession(session, sessionId)) }
  })
}
