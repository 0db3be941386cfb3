import { isOperator, type Principal } from '@alcove/kit'
import type { TeamActor } from './domain/change-team.ts'
import { findTeamRole, type ShownTeam } from './domain/team.ts'

/** Everything of a person is for that person and operators; others see id and name. */
export function canSeeAllOf(principal: Principal, userId: string): boolean {
  return principal.userId === userId || isOperator(principal)
}

/** A team is seen by its members and operators; changes are judged on the locked row (domain/change-team.ts). */
export function canSeeTeam(principal: Principal, team: ShownTeam): boolean {
  return isOperator(principal) || findTeamRole(team, principal.userId) !== undefined
}

export function toTeamActor(principal: Principal, traceparent: string): TeamActor {
  return { userId: principal.userId, isOperator: isOperator(principal), traceparent }
}
