import { invitationExists, invitationNotFound, memberExists, tooManyInvitations, tooManyMembers } from '../errors.ts'
import { assertMayJoin, lockManaged, toOrigin, type TeamActor, type TeamDeps } from './change-team.ts'
import type { IdempotencyScope, Invitation } from './ports.ts'
import { findTeamRole, invitationDays, invitationsMax, membersMax, type TeamRole } from './team.ts'

export interface InviteInput {
  readonly teamId: string
  readonly role: TeamRole
  /** Named by id, or found by the address; null where the address is nobody's. */
  readonly userId: string | null
  /** Set where the person was invited by address: then nothing that is answered depends on whose it is. */
  readonly email: string | null
  readonly actor: TeamActor
  readonly idempotency?: IdempotencyScope
}

/**
 * Asks somebody to join a team, for 14 days; who has an account is told. Returns the invitation's id, the first one's when the request is
 * a repeat. Throws `not-found`, `forbidden`, `already-exists` for who is a member (named by id) or is invited already, `illegal-transition`.
 */
export async function inviteToTeam(deps: TeamDeps, input: InviteInput): Promise<string> {
  const { teamId, role, userId, email, actor } = input
  const id = deps.newId()
  return deps.inTransaction(async (stores) => {
    const first = await stores.takeKey(input.idempotency, id)
    if (first) return first
    const team = await lockManaged(stores, teamId, actor)
    if (email === null && userId !== null && findTeamRole(team, userId) !== undefined) throw memberExists()
    const now = deps.now()
    if ((await stores.invitations.count(teamId, now)) >= invitationsMax) throw tooManyInvitations(invitationsMax)
    const expiresAt = new Date(now.getTime() + invitationDays * 86_400_000)
    const invitation = { id, teamId, userId, email, role, invitedBy: actor.userId, createdAt: now, expiresAt }
    if (!(await stores.invitations.insert(invitation))) throw invitationExists()
    if (userId !== null && findTeamRole(team, userId) === undefined) await stores.events.teamInvited({ ...invitation, userId })
    await stores.events.audit({ action: 'team.member-invited', subject: teamId, person: userId, before: { role: null }, after: { role } })
    return id
  }, toOrigin(actor))
}

/** Takes an invitation back. Throws `not-found`, also for another team's, and `forbidden`. */
export async function withdrawInvitation(deps: TeamDeps, input: { teamId: string; invitationId: string; actor: TeamActor }): Promise<void> {
  const { teamId, invitationId, actor } = input
  await deps.inTransaction(async (stores) => {
    await lockManaged(stores, teamId, actor)
    const invitation = await stores.invitations.take(invitationId, deps.now())
    if (invitation?.teamId !== teamId) throw invitationNotFound()
    const { role, userId } = invitation
    await stores.events.audit({ action: 'team.invitation-withdrawn', subject: teamId, person: userId, before: { role }, after: { role: null } })
  }, toOrigin(actor))
}

/** Whoever answers an invitation, with the address that auth knows as theirs. */
export interface Invited {
  readonly email: string
  readonly actor: TeamActor
}

/** Makes the invited person a member and returns the team's id; who is one keeps their role. Throws `not-found`, `illegal-transition`. */
export async function acceptInvitation(deps: TeamDeps, invitationId: string, { email, actor }: Invited): Promise<string> {
  return deps.inTransaction(async (stores) => {
    const { teamId, role } = assertInvited(await stores.invitations.take(invitationId, deps.now()), { email, actor })
    const team = await stores.teams.lock(teamId)
    if (!team) throw invitationNotFound()
    const { userId } = actor
    if (findTeamRole(team, userId) !== undefined) return teamId
    await assertMayJoin(stores, userId)
    if (team.members.length >= membersMax) throw tooManyMembers(membersMax)
    await stores.teams.putMember(teamId, { userId, role }, deps.now())
    await stores.events.teamChanged(await stores.teams.raise(teamId, deps.now()))
    await stores.events.audit({ action: 'team.member-added', subject: teamId, person: userId, before: { role: null }, after: { role } })
    return teamId
  }, toOrigin(actor))
}

/** Throws `not-found`. */
export async function declineInvitation(deps: TeamDeps, invitationId: string, invited: Invited): Promise<void> {
  await deps.inTransaction(async (stores) => void assertInvited(await stores.invitations.take(invitationId, deps.now()), invited))
}

/** Another's invitation is none: the transaction that took it is rolled back. */
function assertInvited(invitation: Invitation | undefined, { email, actor }: Invited): Invitation {
  const isOwn = invitation && (invitation.userId === actor.userId || invitation.email === email.toLowerCase())
  if (!isOwn) throw invitationNotFound()
  return invitation
}
