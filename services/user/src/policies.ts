import { isOperator, readClientAddress, type Principal, type RequestContext } from '@alcove/kit'
import type { TeamActor } from './domain/change-team.ts'
import type { Actor } from './domain/ports.ts'
import { findTeamRole, type ShownTeam } from './domain/team.ts'

/** Everything of a person is for that person and operators; others see id and name. */
export function canSeeAllOf(principal: Principal, userId: string): boolean {
  return principal.userId === userId || isOperator(principal)
}

/** A team is seen by its members and operators; changes are judged on the locked row (domain/change-team.ts). */
export function canSeeTeam(principal: Principal, team: ShownTeam): boolean {
  return isOperator(principal) || findTeamRole(team, principal.userId) !== undefined
}

/** Its team-admins and operators change a team. */
export function canManageTeam(principal: Principal, team: ShownTeam): boolean {
  return isOperator(principal) || findTeamRole(team, principal.userId) === 'team-admin'
}

/** Who asks, as the audit log names them. */
export async function toActor(ctx: RequestContext): Promise<Actor> {
  return { userId: ctx.principal.userId, requestId: ctx.requestId, address: await readClientAddress(ctx) }
}

export async function toTeamActor(ctx: RequestContext): Promise<TeamActor> {
  return { ...(await toActor(ctx)), isOperator: isOperator(ctx.principal), traceparent: ctx.traceparent }
}
