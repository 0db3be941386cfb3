import { listTeams } from '@alcove/contracts'
import { addOperation, isOperator } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { presentTeam, readCursor, toPage } from '../presenters.ts'

export const listTeamsRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, listTeams, async ({ query }, ctx) => {
    const { principal } = ctx
    const limit = query.limit ?? 50
    const memberId = isOperator(principal) ? undefined : principal.userId
    const rows = await deps.teams.list({ beforeId: readCursor(query.cursor), limit: limit + 1, memberId })
    return { status: 200, body: toPage(rows, limit, presentTeam) }
  })
}
