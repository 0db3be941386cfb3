export type TeamRole = 'member' | 'team-admin'

export interface TeamMember {
  readonly userId: string
  readonly role: TeamRole
}

export interface Team {
  readonly id: string
  readonly name: string
  readonly version: number
  /** In the order they were added. */
  readonly members: readonly TeamMember[]
}

/** A team as it is shown, members with their names. */
export interface ShownTeam {
  readonly id: string
  readonly name: string
  readonly members: readonly (TeamMember & { readonly displayName: string })[]
}

/** How long an invitation waits. */
export const invitationDays = 14
/** Of one team, waiting at once: nobody mails the world. */
export const invitationsMax = 100

/** A team's event carries all members, so their number is bounded. */
export const membersMax = 500
/** What booking is told of a person holds all their teams. */
export const teamsPerPersonMax = 100

/** The role of a person in a team; undefined for anybody else. */
export function findTeamRole(team: Pick<Team, 'members'>, userId: string): TeamRole | undefined {
  return team.members.find((member) => member.userId === userId)?.role
}

/** Whether the team would have no team-admin without this person being one. */
export function isLastTeamAdmin(team: Pick<Team, 'members'>, userId: string): boolean {
  return findTeamRole(team, userId) === 'team-admin' && !team.members.some((member) => member.role === 'team-admin' && member.userId !== userId)
}
