import { updateTeam } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { renameTeam } from '../domain/change-team.ts'
import { teamNotFound } from '../errors.ts'
import { toTeamActor } from '../policies.ts'
import { presentTeam } from '../presenters.ts'

export const updateTeamRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, updateTeam, async ({ params, body }, ctx) => {
    await renameTeam(deps, { teamId: params.id, name: body.name, actor: await toTeamActor(ctx) })
    const team = await deps.teams.find(params.id)
    if (!team) throw teamNotFound()
    return { status: 200, body: presentTeam(team) }
  })
}
