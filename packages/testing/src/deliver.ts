import type { CloudEvent, EventType } from '@alcove/contracts'
import { createInbox, type Delivery, type Handler } from '@alcove/events'
import { createLogger, newId, type Clock } from '@alcove/kit'
import type { Pool } from 'pg'
import { createTestClock } from './clock.ts'

/** Options of {@link deliver}. */
export interface DeliverOptions {
  pool: Pool
  handlers: readonly Handler[]
  clock?: Clock
  /** Deliveries of the same message; default 2: a repeat must change nothing. */
  times?: number
  id?: string
}

let offset = 0n

/** The envelope of an event as it would stand on its topic. */
export function buildEvent<E extends EventType>(eventType: E, data: E['example'] = eventType.example, envelope: Partial<CloudEvent> = {}): CloudEvent {
  return {
    specversion: '1.0',
    id: newId(),
    source: `/alcove/${eventType.topic}`,
    type: eventType.type,
    subject: envelope.subject ?? findSubject(data),
    time: '2026-01-05T09:00:00.000Z',
    datacontenttype: 'application/json',
    data: data as Record<string, unknown>,
    ...envelope,
  }
}

/**
 * Delivers an event (by default its example) through the real inbox, twice, and returns it. Throws when it
 * became a dead letter.
 */
export async function deliver<E extends EventType>(options: DeliverOptions, eventType: E, data: E['example'] = eventType.example): Promise<CloudEvent> {
  const event = buildEvent(eventType, data, options.id ? { id: options.id } : {})
  for (let time = 0; time < (options.times ?? 2); time += 1) await deliverMessage(options, eventType.topic, event)
  const { rows } = await options.pool.query<{ error: string; trace: string }>('SELECT error, trace FROM dead_letter WHERE event_id = $1', [event.id])
  if (rows[0]) throw new Error(`${eventType.type} became a dead letter: ${rows[0].error}\n${rows[0].trace}`)
  return event
}

/** Delivers messages as they are; several as one batch of a partition. */
export async function deliverMessage(options: DeliverOptions, topic: string, ...events: readonly CloudEvent[]): Promise<void> {
  const { pool, handlers, clock = createTestClock() } = options
  const inbox = createInbox({ pool, handlers, clock, log: createLogger({ service: 'test', level: 'silent' }) })
  const deliveries = events.map((event): Delivery => ({ topic, partition: 0, offset: offset++, key: event.subject, value: JSON.stringify(event) }))
  await inbox.process(deliveries, new AbortController().signal)
}

/** The aggregate's id is the first member whose name ends in Id in every event of contracts. */
function findSubject(data: unknown): string {
  const entry = Object.entries(data as Record<string, unknown>).find(([name, value]) => name.endsWith('Id') && typeof value === 'string')
  if (!entry) throw new Error('the event has no id to be its subject')
  return entry[1] as string
}
