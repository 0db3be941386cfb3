import { removeTeamMember as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { removeTeamMember } from '../domain/change-team.ts'
import { toTeamActor } from '../policies.ts'

export const removeTeamMemberRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, operation, async ({ params }, ctx) => {
    await removeTeamMember(deps, { teamId: params.id, userId: params.userId, actor: await toTeamActor(ctx) })
    return { status: 204 }
  })
}
