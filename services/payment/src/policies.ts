import { isOperator, type Principal } from '@alcove/kit'

/** A payment or wallet is seen by its owner and by operators; for everybody else it does not exist (404). */
export function canSee(principal: Pick<Principal, 'userId' | 'roles'>, resource: { userId: string }): boolean {
  return resource.userId === principal.userId || isOperator(principal)
}

/** Whose payments a list shows: undefined means everybody's. */
export function toVisibleUserId(principal: Pick<Principal, 'userId' | 'roles'>): string | undefined {
  return isOperator(principal) ? undefined : principal.userId
}
