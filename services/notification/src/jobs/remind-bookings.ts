import type { InTransaction } from '../domain/stores.ts'
import { noticeReminder } from '../domain/time-notices.ts'

export interface RemindDeps {
  readonly inTransaction: InTransaction
  /** The product's clock: moving it moves what is due. */
  readonly now: () => Date
  readonly wake: () => void
  readonly leadMinutes: number
}

/** Bookings reminded of in one transaction: keeps it short after a long stop. */
const batchSize = 200

/**
 * Owes a reminder for every confirmed booking that starts within the lead. Idempotent: marking and owing are one
 * transaction. Late: whatever has begun meanwhile is passed over.
 */
export async function remindBookings(deps: RemindDeps, signal: AbortSignal): Promise<void> {
  let taken: number
  do {
    const now = deps.now()
    taken = await deps.inTransaction(async (stores) => {
      const due = await stores.takeDueReminders({ now, leadMinutes: deps.leadMinutes, limit: batchSize })
      await stores.oweNotices(due.map(noticeReminder), now)
      return due.length
    })
    if (taken > 0) deps.wake()
  } while (taken === batchSize && !signal.aborted)
}
