import { notificationFailed, notificationSent } from '@alcove/contracts'
import { withTransaction } from '@alcove/database'
import { writeEvent } from '@alcove/events'
import type { Pool } from 'pg'
import type { Finished, MessageQueue } from '../domain/stores.ts'
import { finishMessages, leaseMessages, postponeMessages, renewLease } from './messages.ts'

export interface MessageQueueDeps {
  readonly pool: Pool
  readonly newId: () => string
  /** The product's clock, for what people see. */
  readonly now: () => Date
  /** Real time, for leases. */
  readonly realNow: () => Date
  readonly wakeRelay: () => void
}

export function createMessageQueue(deps: MessageQueueDeps): MessageQueue {
  return {
    async lease(limit, leaseSeconds) {
      const leaseId = deps.newId()
      const now = deps.realNow()
      const until = new Date(now.getTime() + leaseSeconds * 1000)
      return { leaseId, messages: await leaseMessages(deps.pool, { id: leaseId, now, until, limit }) }
    },
    renew: (leaseId, leaseSeconds) => renewLease(deps.pool, leaseId, new Date(deps.realNow().getTime() + leaseSeconds * 1000)),
    async finish(leaseId, finished) {
      const now = deps.now()
      const held = await withTransaction(deps.pool, async (tx) => {
        const marked = await finishMessages(tx, finished, { leaseId, now })
        for (const row of marked) {
          const type = toEventType(row)
          if (type) await writeEvent(tx, type, { key: row.message.id, data: toEventData(row), now })
        }
        return marked
      })
      deps.wakeRelay()
      return held
    },
    postpone: (leaseId, postponed) => postponeMessages(deps.pool, postponed, leaseId),
  }
}

/** Only mails are worth an event: an inbox item is a row of our own, and a dropped message had nobody to reach. */
function toEventType({ message, state }: Finished) {
  if (state === 'failed') return notificationFailed
  return state === 'sent' && message.channel === 'mail' ? notificationSent : undefined
}

function toEventData({ message, reasonCode }: Finished) {
  return {
    notificationId: message.id,
    version: 1,
    userId: message.userId,
    kind: message.kind,
    channel: message.channel,
    causeEventId: message.eventId,
    reasonCode,
  }
}
