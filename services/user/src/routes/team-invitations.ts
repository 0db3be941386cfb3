import { inviteTeamMember, listTeamInvitations, withdrawTeamInvitation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { findPerson } from '../domain/ensure-profile.ts'
import { findByEmail } from '../domain/find-by-email.ts'
import { inviteToTeam, withdrawInvitation } from '../domain/invite-to-team.ts'
import { invitationNotFound, invitationUnclear, mayNotManageTeam, teamNotFound, userNotFound } from '../errors.ts'
import { canManageTeam, canSeeTeam, toTeamActor } from '../policies.ts'
import { presentInvitation, readCursor, toPage } from '../presenters.ts'
import { toIdempotencyScope } from './idempotency-scope.ts'

/** What a team's side does with invitations. */
export const teamInvitationsRoutes = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, inviteTeamMember, async (input, ctx) => {
    const { userId, email, role } = input.body
    if ((userId === undefined) === (email === undefined)) throw invitationUnclear()
    const accounts = deps.accountsFor(ctx)
    if (userId !== undefined && !(await findPerson(deps, accounts, userId))) throw userNotFound()
    const invited = userId ?? (await findByEmail(deps, accounts, email!))?.id ?? null
    const id = await inviteToTeam(deps, {
      teamId: input.params.id,
      role,
      userId: invited,
      email: email?.toLowerCase() ?? null,
      actor: await toTeamActor(ctx),
      idempotency: toIdempotencyScope(input, ctx),
    })
    const invitation = await deps.invitations.find(id, deps.now())
    // A repeat whose invitation was answered or withdrawn since.
    if (!invitation) throw invitationNotFound()
    return { status: 201, body: presentInvitation(invitation), headers: { location: `/v1/teams/${input.params.id}/invitations` } }
  })

  addOperation(app, listTeamInvitations, async ({ params, query: { limit = 50, cursor } }, { principal }) => {
    const team = await deps.teams.find(params.id)
    if (!team || !canSeeTeam(principal, team)) throw teamNotFound()
    if (!canManageTeam(principal, team)) throw mayNotManageTeam()
    const rows = await deps.invitations.listOfTeam(team.id, { beforeId: readCursor(cursor), limit: limit + 1, now: deps.now() })
    return { status: 200, body: toPage(rows, limit, presentInvitation) }
  })

  addOperation(app, withdrawTeamInvitation, async ({ params }, ctx) => {
    await withdrawInvitation(deps, { teamId: params.id, invitationId: params.invitationId, actor: await toTeamActor(ctx) })
    return { status: 204 }
  })
}
