import { acceptInvitation as acceptOperation, declineInvitation as declineOperation, listMyInvitations } from '@alcove/contracts'
import { addOperation, type RequestContext } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { getFullUser } from '../domain/get-user.ts'
import { acceptInvitation, declineInvitation } from '../domain/invite-to-team.ts'
import { teamNotFound } from '../errors.ts'
import { toTeamActor } from '../policies.ts'
import { presentMyInvitation, presentTeam, readCursor, toPage } from '../presenters.ts'

/** What the invited person does. */
export const myInvitationsRoutes = (deps: UserDeps) => async (app: FastifyInstance) => {
  const toInvited = async (ctx: RequestContext) => {
    const { account } = await getFullUser(deps, deps.accountsFor(ctx), ctx.principal.userId)
    return { email: account.email, actor: await toTeamActor(ctx) }
  }

  addOperation(app, listMyInvitations, async ({ query: { limit = 50, cursor } }, ctx) => {
    const { account } = await getFullUser(deps, deps.accountsFor(ctx), ctx.principal.userId)
    const rows = await deps.invitations.listOfPerson(account, { beforeId: readCursor(cursor), limit: limit + 1, now: deps.now() })
    return { status: 200, body: toPage(rows, limit, presentMyInvitation) }
  })

  addOperation(app, acceptOperation, async ({ params }, ctx) => {
    const teamId = await acceptInvitation(deps, params.id, await toInvited(ctx))
    const team = await deps.teams.find(teamId)
    if (!team) throw teamNotFound()
    return { status: 200, body: presentTeam(team) }
  })

  addOperation(app, declineOperation, async ({ params }, ctx) => {
    await declineInvitation(deps, params.id, await toInvited(ctx))
    return { status: 204 }
  })
}
