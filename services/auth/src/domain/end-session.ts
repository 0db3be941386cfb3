import { accountNotFound, sessionNotFound } from '../errors.ts'
import { assertActingAdmin } from './acting-admin.ts'
import { revokeSessions } from './change-account.ts'
import type { InTransaction, Origin } from './ports.ts'

export interface EndSessionDeps {
  readonly inTransaction: InTransaction
  readonly now: () => Date
}

/** Ends the session of the presented token; ending it again changes nothing. */
export async function logOut(deps: EndSessionDeps, input: { userId: string; sessionId: string; origin: Origin }): Promise<void> {
  await end(deps, { ...input, reason: 'logout' })
}

/** Ends one of the person's own live sessions; anything else, also another's, is `not-found`. */
export async function endSession(deps: EndSessionDeps, input: { userId: string; sessionId: string; origin: Origin }): Promise<void> {
  if (!(await end(deps, { ...input, reason: 'ended' }))) throw sessionNotFound()
}

/** Ends every live session of somebody, for an admin. Ending them again changes nothing. Throws `not-found`. */
export async function endSessionsOf(deps: EndSessionDeps, input: { userId: string; actorUserId: string; origin: Origin }): Promise<void> {
  const now = deps.now()
  await deps.inTransaction(input.origin, async (stores) => {
    const account = await stores.accounts.lockById(input.userId)
    if (!account) throw accountNotFound()
    await assertActingAdmin(stores, input.actorUserId)
    const ids = await stores.sessions.listLiveIds(account.id, now)
    await revokeSessions(stores, account, { ids, reason: 'ended', now })
    await stores.events.audit({
      actorUserId: input.actorUserId,
      action: 'sessions.ended',
      subject: account.id,
      person: account.id,
      before: { sessions: ids.length },
      after: { sessions: 0 },
    })
  })
}

async function end(deps: EndSessionDeps, input: { userId: string; sessionId: string; origin: Origin; reason: 'logout' | 'ended' }): Promise<boolean> {
  const now = deps.now()
  return deps.inTransaction(input.origin, async (stores) => {
    const account = await stores.accounts.lockById(input.userId)
    if (!account) return false
    const after = await revokeSessions(stores, account, { ids: [input.sessionId], reason: input.reason, now })
    const ended = after.version > account.version
    if (ended) await stores.events.audit({ actorUserId: input.userId, action: 'session.ended', subject: input.sessionId, person: account.id })
    return ended
  })
}
