import type { By } from './booking.ts'

/**
 * A row that claims check, such as a deactivation or a closure. A claim under way while it was stored may have missed
 * it; every transaction that could have is below `horizon`, taken after the row was committed.
 */
export interface TwoPhaseStore {
  listUnsettled: () => Promise<string[]>
  /** Whether every transaction that may have missed the row has ended. To be asked before the sweep it decides about. */
  hasPassed: (id: string) => Promise<boolean>
  markSettled: (id: string, now: Date) => Promise<void>
}

export interface SettleDeactivationsDeps extends TwoPhaseStore {
  /** Cancels some future bookings of a person with a full refund and says how many; 0 when none is left. */
  cancelBookingsOf: (userId: string, now: Date, by: By) => Promise<number>
  now: () => Date
}

const by: By = { type: 'system', id: 'deactivation', traceparent: null }

/** Cancels what deactivated people have ahead: at once, and again until no claim can have escaped. Safe to run anywhere, any time. */
export async function settleDeactivations(deps: SettleDeactivationsDeps, signal: AbortSignal): Promise<void> {
  for (const userId of await deps.listUnsettled()) {
    if (signal.aborted) return
    const passed = await deps.hasPassed(userId)
    while (!signal.aborted && (await deps.cancelBookingsOf(userId, deps.now(), by)) > 0);
    if (passed && !signal.aborted) await deps.markSettled(userId, deps.now())
  }
}

/** A closure cancels nothing: it is settled when its list of bookings can only shrink. */
export async function settleClosures(deps: TwoPhaseStore & { now: () => Date }, signal: AbortSignal): Promise<void> {
  for (const id of await deps.listUnsettled()) {
    if (signal.aborted) return
    if (await deps.hasPassed(id)) await deps.markSettled(id, deps.now())
  }
}
