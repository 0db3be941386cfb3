import {
  lastTeamAdmin,
  mayNotManageTeam,
  memberExists,
  memberNotFound,
  personDeactivated,
  teamNotFound,
  tooManyMembers,
  tooManyTeams,
  userNotFound,
} from '../errors.ts'
import type { Actor, IdempotencyScope, InTransaction, Stores } from './ports.ts'
import { findTeamRole, isLastTeamAdmin, membersMax, type Team, type TeamRole, teamsPerPersonMax } from './team.ts'

export interface TeamDeps {
  readonly inTransaction: InTransaction
  readonly now: () => Date
  readonly newId: () => string
}

/** Whoever asks: operators may do everything with every team. */
export interface TeamActor extends Actor {
  readonly isOperator: boolean
  readonly traceparent?: string
}

/** Makes a team whose first team-admin is its creator; returns its id, the first one's when the request is a repeat. */
export async function createTeam(deps: TeamDeps, input: { name: string; actor: TeamActor; idempotency?: IdempotencyScope }): Promise<string> {
  const id = deps.newId()
  const { actor } = input
  return deps.inTransaction(async (stores) => {
    const first = await stores.takeKey(input.idempotency, id)
    if (first) return first
    const now = deps.now()
    await assertMayJoin(stores, actor.userId)
    await stores.teams.insert({ id, name: input.name.trim() }, now)
    await stores.teams.putMember(id, { userId: actor.userId, role: 'team-admin' }, now)
    await stores.events.teamChanged({ id, name: input.name.trim(), version: 1, members: [{ userId: actor.userId, role: 'team-admin' }] })
    return id
  }, toOrigin(actor))
}

/** Renames a team. Throws `not-found` for who may not see it, `forbidden` for its plain members. */
export async function renameTeam(deps: TeamDeps, input: { teamId: string; name?: string; actor: TeamActor }): Promise<void> {
  const { teamId, name, actor } = input
  await deps.inTransaction(async (stores) => {
    const team = await lockManaged(stores, teamId, actor)
    if (name === undefined || name.trim() === team.name) return
    await stores.teams.rename(teamId, name.trim())
    await stores.events.teamChanged(await stores.teams.raise(teamId, deps.now()))
    await stores.events.audit({ action: 'team.renamed', subject: teamId, person: null })
  }, toOrigin(actor))
}

/**
 * Adds a member, or gives one another role; says whether the person is new. The person's profile must exist.
 * Throws `already-exists` for the same role again, `illegal-transition` for a deactivated person and for the last team-admin's demotion.
 */
export async function putTeamMember(
  deps: TeamDeps,
  input: { teamId: string; userId: string; role: TeamRole; actor: TeamActor; idempotency?: IdempotencyScope },
): Promise<{ isNew: boolean }> {
  const { teamId, userId, role, actor } = input
  return deps.inTransaction(async (stores) => {
    if (await stores.takeKey(input.idempotency, userId)) return { isNew: true }
    const team = await lockManaged(stores, teamId, actor)
    const present = findTeamRole(team, userId)
    if (present === role) throw memberExists()
    if (present === undefined) {
      await assertMayJoin(stores, userId)
      if (team.members.length >= membersMax) throw tooManyMembers(membersMax)
    } else if (isLastTeamAdmin(team, userId)) throw lastTeamAdmin()
    await stores.teams.putMember(teamId, { userId, role }, deps.now())
    await stores.events.teamChanged(await stores.teams.raise(teamId, deps.now()))
    const action = present === undefined ? ('team.member-added' as const) : ('team.member-role-changed' as const)
    await stores.events.audit({ action, subject: teamId, person: userId, before: { role: present ?? null }, after: { role } })
    return { isNew: present === undefined }
  }, toOrigin(actor))
}

/** Removes a member, or lets the actor leave. Throws `not-found`, `forbidden`, and `illegal-transition` for the last team-admin. */
export async function removeTeamMember(deps: TeamDeps, input: { teamId: string; userId: string; actor: TeamActor }): Promise<void> {
  const { teamId, userId, actor } = input
  await deps.inTransaction(async (stores) => {
    const team = await (userId === actor.userId ? lockVisible(stores, teamId, actor) : lockManaged(stores, teamId, actor))
    const role = findTeamRole(team, userId)
    if (role === undefined) throw memberNotFound()
    if (isLastTeamAdmin(team, userId)) throw lastTeamAdmin()
    await stores.teams.removeMember(teamId, userId)
    await stores.events.teamChanged(await stores.teams.raise(teamId, deps.now()))
    await stores.events.audit({ action: 'team.member-removed', subject: teamId, person: userId, before: { role }, after: { role: null } })
  }, toOrigin(actor))
}

export const toOrigin = ({ traceparent, ...actor }: TeamActor) => ({ traceparent, actor })

async function lockVisible(stores: Stores, teamId: string, actor: TeamActor): Promise<Team> {
  const team = await stores.teams.lock(teamId)
  if (!team || (!actor.isOperator && findTeamRole(team, actor.userId) === undefined)) throw teamNotFound()
  return team
}

export async function lockManaged(stores: Stores, teamId: string, actor: TeamActor): Promise<Team> {
  const team = await lockVisible(stores, teamId, actor)
  if (!actor.isOperator && findTeamRole(team, actor.userId) !== 'team-admin') throw mayNotManageTeam()
  return team
}

export async function assertMayJoin(stores: Stores, userId: string): Promise<void> {
  // Locked: two teams that add the same person at once are counted one after the other.
  const profile = await stores.profiles.lock(userId)
  if (!profile) throw userNotFound()
  if (profile.status === 'deactivated') throw personDeactivated()
  if ((await stores.teams.countTeamsOf(userId)) >= teamsPerPersonMax) throw tooManyTeams(teamsPerPersonMax)
}
