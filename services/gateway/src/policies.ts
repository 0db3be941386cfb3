import { isOperator, type Principal } from '@alcove/kit'

/** A profile is shown to the person and to operators; for everybody else it does not exist. */
export function maySeeProfile(principal: Principal, userId: string): boolean {
  return principal.userId === userId || isOperator(principal)
}

/** Addresses and versions tell an attacker where to begin: only operators see them. */
export function isForOperator(principal: Principal | undefined): boolean {
  return principal !== undefined && isOperator(principal)
}
