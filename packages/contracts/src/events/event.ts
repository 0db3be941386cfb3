import type { Static, TSchema } from 'typebox'

/** Topics, one per producing service; on Kafka the name is `alcove.<topic>`. */
export const topics = ['account', 'user', 'workspace', 'booking', 'payment', 'notification', 'reporting'] as const
export type Topic = (typeof topics)[number]

/** One event type and version with the schema of its `data` and an example that a consumer test delivers twice. */
export interface EventType<S extends TSchema = TSchema> {
  readonly topic: Topic
  /** `booking.confirmed.v1` */
  readonly type: string
  readonly data: S
  readonly example: Static<S>
}

/** Declares an event type. `data` holds the aggregate's public state and `version`, never a personal member. */
export function defineEvent<S extends TSchema>(event: EventType<S>): EventType<S> {
  return event
}

/** A CloudEvents 1.0 envelope in structured JSON mode as it stands on a topic. */
export interface CloudEvent<D = Record<string, unknown>> {
  specversion: '1.0'
  id: string
  source: string
  type: string
  subject: string
  time: string
  datacontenttype: 'application/json'
  traceparent?: string
  data: D
}

/**
 * Whether a newer version of the same event was published beside this one, in the same transaction: who acts on that one passes
 * over this. False for an event from before there was a newer version, which then is all there is.
 */
export function hasSuccessor(event: { readonly data: object }): boolean {
  return typeof (event.data as { successorEventId?: unknown }).successorEventId === 'string'
}
