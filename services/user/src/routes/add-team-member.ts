import { addTeamMember } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { putTeamMember } from '../domain/change-team.ts'
import { findPerson } from '../domain/ensure-profile.ts'
import { memberNotFound } from '../errors.ts'
import { toTeamActor } from '../policies.ts'
import { toIdempotencyScope } from './idempotency-scope.ts'

export const addTeamMemberRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, addTeamMember, async (input, ctx) => {
    const { params, body } = input
    // Only makes a profile that has not arrived yet; who may add whom is judged in the transaction.
    await findPerson(deps, deps.accountsFor(ctx), body.userId)
    const actor = await toTeamActor(ctx)
    const { isNew } = await putTeamMember(deps, { teamId: params.id, ...body, actor, idempotency: toIdempotencyScope(input, ctx) })
    const member = (await deps.teams.find(params.id))?.members.find(({ userId }) => userId === body.userId)
    if (!member) throw memberNotFound()
    return isNew ? { status: 201, body: member, headers: { location: `/v1/teams/${params.id}` } } : { status: 200, body: member }
  })
}
