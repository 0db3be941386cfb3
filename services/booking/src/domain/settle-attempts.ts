import type { By } from './booking.ts'
import type { BookingKillPoint } from './kill-points.ts'
import type { AttemptEnd, BookingStore, Metrics, Payments, UnsettledAttempt } from './ports.ts'

export interface SettleAttemptsDeps {
  store: BookingStore
  payments: Payments
  metrics: Metrics
  now: () => Date
  reach: (name: BookingKillPoint) => void
  /** Open attempts made before an instant, oldest first. */
  listUnanswered: (before: Date) => Promise<UnsettledAttempt[]>
  /** Attempts of expired changes that payment must still be told to let go. */
  listReleasesOwed: () => Promise<string[]>
  noteReleased: (attemptId: string) => Promise<void>
  onFailure: (error: unknown) => void
}

// As long as a request may still be at it itself.
const unansweredSeconds = 10
const togetherMax = 8
const by: By = { type: 'system', id: 'reconciliation', traceparent: null }

/**
 * Asks payment what became of attempts unanswered for 10 s and settles them, whichever process began them. One that
 * payment has never seen is sent again under its own id. Running late only means that it settles late.
 */
export async function settleAttempts(deps: SettleAttemptsDeps, signal: AbortSignal): Promise<void> {
  const unanswered = await deps.listUnanswered(new Date(deps.now().getTime() - unansweredSeconds * 1000))
  await forEachOf(unanswered, signal, (attempt) => settleOne(deps, attempt))
  await forEachOf(await deps.listReleasesOwed(), signal, async (attemptId) => {
    await deps.payments.releaseAttempt(attemptId)
    await deps.noteReleased(attemptId)
  })

  async function forEachOf<T>(items: T[], until: AbortSignal, run: (item: T) => Promise<void>): Promise<void> {
    const queue = [...items]
    const work = async () => {
      for (let item = queue.shift(); item !== undefined && !until.aborted; item = queue.shift()) await run(item).catch(deps.onFailure)
    }
    await Promise.all(Array.from({ length: togetherMax }, work))
  }
}

async function settleOne(deps: SettleAttemptsDeps, unsettled: UnsettledAttempt): Promise<void> {
  const { attempt, bookingId, userId } = unsettled
  let found = await deps.payments.findAttempt(attempt.id)
  if (!found) {
    const answer = await deps.payments.authorize({ attempt, bookingId, userId }, {})
    found = answer.kind === 'answered' ? answer.attempt : undefined
  }
  deps.reach('reconcile.after-answer')
  if (!found || found.status === 'processing') {
    if (found?.nextAction) await deps.store.noteNextAction(attempt.id, found.nextAction)
    return
  }
  const status: AttemptEnd = found.status
  const reason = status === 'refused' ? (found.reasonCode ?? 'payment-refused') : null
  await deps.store.settleAttempt({ attemptId: attempt.id, status, paymentId: found.paymentId, reason }, { now: deps.now(), by })
  deps.reach('reconcile.after-settle')
  deps.metrics.settled(`reconciled-${status}`)
}
