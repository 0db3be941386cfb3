import { createTeam as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { createTeam } from '../domain/change-team.ts'
import { findPerson } from '../domain/ensure-profile.ts'
import { teamNotFound } from '../errors.ts'
import { toTeamActor } from '../policies.ts'
import { presentTeam } from '../presenters.ts'
import { toIdempotencyScope } from './idempotency-scope.ts'

export const createTeamRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, operation, async (input, ctx) => {
    const { principal } = ctx
    await findPerson(deps, deps.accountsFor(ctx), principal.userId)
    const actor = await toTeamActor(ctx)
    const id = await createTeam(deps, { name: input.body.name, actor, idempotency: toIdempotencyScope(input, ctx) })
    const team = await deps.teams.find(id)
    if (!team) throw teamNotFound()
    return { status: 201, body: presentTeam(team), headers: { location: `/v1/teams/${id}` } }
  })
}
