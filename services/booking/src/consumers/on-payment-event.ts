import { paymentAuthorized, paymentCaptured, paymentFailed, paymentRefunded, paymentVoided, type PaymentState } from '@alcove/contracts'
import { onEvent, superseded, type Handler } from '@alcove/events'
import type { PoolClient } from 'pg'
import type { By } from '../domain/booking.ts'

export interface PaymentEventDeps {
  /** Applies what is newer than what is known, in the inbox transaction. False: it is older. */
  notePayment: (tx: PoolClient, state: PaymentState, when: { now: Date; by: By }) => Promise<boolean>
  wakeRelay: () => void
}

/** What payment reports: shown without raising the version; settles an attempt still open, and ends a booking whose capture was refused for good. */
export function onPaymentEvents(deps: PaymentEventDeps): Handler[] {
  return [paymentAuthorized, paymentCaptured, paymentVoided, paymentRefunded, paymentFailed].map((eventType) =>
    onEvent(eventType, async ({ tx, event, now, traceparent }) => {
      const by: By = { type: 'service', id: 'payment', traceparent: traceparent ?? null }
      return (await deps.notePayment(tx, event.data, { now, by })) ? deps.wakeRelay : superseded
    }),
  )
}
