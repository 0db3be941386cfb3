import { eventTypes, findEventType, topics, type CloudEvent, type EventType, type Topic } from '@alcove/contracts'
import { compileBody } from '@alcove/kit'
import type { PoolClient } from 'pg'

/** What a handler gets; everything it does goes through `tx`. */
export interface EventContext<D = Record<string, unknown>> {
  tx: PoolClient
  event: CloudEvent<D>
  topic: Topic
  /** The product's clock. */
  now: Date
  /** For the calls and events of the effect: they become part of the trace of the request that caused the event. */
  traceparent: string | undefined
}

/** May run more than once (a rolled back try): no effect outside `tx`. A returned function runs once after the commit. */
export type EventEffect<D = Record<string, unknown>> = (ctx: EventContext<D>) => Promise<void | (() => void)>

/** Options of {@link onEvent}. */
export interface HandlerOptions {
  /** After a dead letter, later events of the same key join it until it is settled: for handlers that cannot use versions. */
  parkOnFailure?: boolean
}

/** A subscription of one service to one type, or to all of a topic. */
export interface Handler extends HandlerOptions {
  topic: Topic
  /** `booking.confirmed.v1`, `booking.*` or `*`. */
  type: string
  effect: EventEffect<never>
}

/** Subscribes to an event type; its effect runs in the inbox transaction. */
export function onEvent<E extends EventType>(eventType: E, effect: EventEffect<E['example']>, options?: HandlerOptions): Handler
/** Subscribes to several types by pattern (`*`, `booking.*`). */
export function onEvent(pattern: { topic: Topic; type: string }, effect: EventEffect, options?: HandlerOptions): Handler
export function onEvent(subject: { topic: Topic; type: string }, effect: EventEffect<never>, options: HandlerOptions = {}): Handler {
  return { topic: subject.topic, type: subject.type, effect, ...options }
}

/** Whether the handler wants this type. */
export function matches(handler: Pick<Handler, 'topic' | 'type'>, topic: string, type: string): boolean {
  if (handler.topic !== topic) return false
  return handler.type === '*' || handler.type === type || (handler.type.endsWith('*') && type.startsWith(handler.type.slice(0, -1)))
}

type Check = (data: unknown) => string | undefined

/** Validators of every event type, compiled when first used. */
const checks = new Map<string, Check | undefined>()

function findCheck(topic: Topic, type: string): Check | undefined {
  const name = `${topic}/${type}`
  if (!checks.has(name)) {
    const eventType = findEventType(topic, type)
    checks.set(name, eventType && compileCheck(eventType))
  }
  return checks.get(name)
}

function compileCheck(eventType: EventType): Check {
  const validate = compileBody(eventType.data)
  return (data) => (validate(data) ? undefined : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`).join('; '))
}

/** A message that no repetition will make good. */
export class PoisonError extends Error {
  override readonly name = 'PoisonError'
}

/** Reads the envelope; throws {@link PoisonError} when it is not a CloudEvent. */
export function readEnvelope(value: string): CloudEvent {
  let event: Partial<CloudEvent> | null
  try {
    event = JSON.parse(value) as Partial<CloudEvent> | null
  } catch {
    throw new PoisonError('the message is not JSON')
  }
  const isComplete =
    typeof event === 'object' &&
    event?.specversion === '1.0' &&
    [event.id, event.source, event.type, event.subject, event.time].every((member) => typeof member === 'string') &&
    typeof event.data === 'object' &&
    event.data !== null
  if (!isComplete) throw new PoisonError('the message is not a CloudEvent 1.0 with id, source, type, subject, time and data')
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(event!.id!)) throw new PoisonError('the id of the event is not a UUID')
  return event as CloudEvent
}

/** Throws {@link PoisonError} for a type that contracts does not know and for data that its schema refuses. */
export function assertKnown(topic: string, event: CloudEvent): void {
  if (!topics.includes(topic as Topic)) throw new PoisonError(`topic ${topic} is not known`)
  const check = findCheck(topic as Topic, event.type)
  if (!check) throw new PoisonError(`no schema for ${event.type} on ${topic} (${eventTypes.length} types are known)`)
  const problem = check(event.data)
  if (problem) throw new PoisonError(`the data of ${event.type} is not valid: ${problem}`)
}
