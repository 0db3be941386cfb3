import { paymentAuthorized, paymentCaptured, paymentFailed, paymentRefunded, paymentVoided, type PaymentState } from '@alcove/contracts'
import { onEvents, superseded, type EventsEffect, type Handler } from '@alcove/events'
import type { PoolClient } from 'pg'
import type { PaymentReport } from '../domain/ports.ts'

export interface PaymentEventDeps {
  /** Applies of each what is newer than what is known, in the inbox transaction. False for those that are older. */
  notePayments: (tx: PoolClient, reports: readonly PaymentReport[], now: Date) => Promise<boolean[]>
  wakeRelay: () => void
}

/** What payment reports: shown without raising the version; settles an attempt still open, and ends a booking whose capture was refused for good. */
export function onPaymentEvents(deps: PaymentEventDeps): Handler[] {
  const note: EventsEffect<PaymentState> = async ({ tx, events }) => {
    const reports = events.map(({ event, traceparent }): PaymentReport => ({
      state: event.data,
      by: { type: 'service', id: 'payment', traceparent: traceparent ?? null },
    }))
    const stand = await deps.notePayments(tx, reports, events[0]!.now)
    return stand.map((stands) => (stands ? deps.wakeRelay : superseded))
  }
  return [paymentAuthorized, paymentCaptured, paymentVoided, paymentRefunded, paymentFailed].map((eventType) => onEvents(eventType, note))
}
