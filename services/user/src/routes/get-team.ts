import { getTeam } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { teamNotFound } from '../errors.ts'
import { canSeeTeam } from '../policies.ts'
import { presentTeam } from '../presenters.ts'

export const getTeamRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, getTeam, async ({ params }, ctx) => {
    const team = await deps.teams.find(params.id)
    if (!team || !canSeeTeam(ctx.principal, team)) throw teamNotFound()
    return { status: 200, body: presentTeam(team) }
  })
}
