import { getTeamInvitation } from '@alcove/contracts'
import { addOperation, toInstant } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { invitationNotFound } from '../errors.ts'

export const getTeamInvitationRoute = (deps: UserDeps) => async (app: FastifyInstance) => {
  addOperation(app, getTeamInvitation, async ({ params }) => {
    const invitation = await deps.invitations.find(params.id, deps.now())
    if (!invitation) throw invitationNotFound()
    return { status: 200, body: { id: invitation.id, teamName: invitation.teamName, expiresAt: toInstant(invitation.expiresAt) } }
  })
}
