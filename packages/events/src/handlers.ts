import type { CloudEvent, EventType, Topic } from '@alcove/contracts'
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

/** What an effect returns when nothing was to be done because a newer version is here already: a replay says so. */
export const superseded = Symbol('superseded')

/** What an effect returns: nothing, what is to run once after the commit, or that it was superseded. */
export type EffectResult = void | (() => void) | typeof superseded

/** May run more than once (a rolled back try): no effect outside `tx`. */
export type EventEffect<D = Record<string, unknown>> = (ctx: EventContext<D>) => Promise<EffectResult>

/** What a handler of several events gets: per key they are in order. */
export interface EventsContext<D = Record<string, unknown>> {
  tx: PoolClient
  events: readonly Omit<EventContext<D>, 'tx'>[]
}

/** As {@link EventEffect}, of many events at once; its results are in the order of the events, what is missing is none. */
export type EventsEffect<D = Record<string, unknown>> = (ctx: EventsContext<D>) => Promise<readonly EffectResult[]>

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
  /** The same effect of several events. */
  effectOfAll?: EventsEffect<never>
}

/** Subscribes to an event type; its effect runs in the inbox transaction. */
export function onEvent<E extends EventType>(eventType: E, effect: EventEffect<E['example']>, options?: HandlerOptions): Handler
/** Subscribes to several types by pattern (`*`, `booking.*`). */
export function onEvent(pattern: { topic: Topic; type: string }, effect: EventEffect, options?: HandlerOptions): Handler
export function onEvent(subject: { topic: Topic; type: string }, effect: EventEffect<never>, options: HandlerOptions = {}): Handler {
  return { topic: subject.topic, type: subject.type, effect, ...options }
}

/**
 * As {@link onEvent}, with one effect for as many events as there are at the moment: statements for all of them instead of some for
 * each. Subscriptions to several types that name the same effect share it, and it gets their events in order.
 */
export function onEvents<E extends EventType>(eventType: E, effect: EventsEffect<E['example']>, options?: HandlerOptions): Handler
export function onEvents(pattern: { topic: Topic; type: string }, effect: EventsEffect, options?: HandlerOptions): Handler
export function onEvents(subject: { topic: Topic; type: string }, effectOfAll: EventsEffect<never>, options: HandlerOptions = {}): Handler {
  const effect: EventEffect<never> = async ({ tx, ...event }) => (await effectOfAll({ tx, events: [event] }))[0]
  return { topic: subject.topic, type: subject.type, effect, effectOfAll, ...options }
}

/** Whether the handler wants this type. */
export function matches(handler: Pick<Handler, 'topic' | 'type'>, topic: string, type: string): boolean {
  if (handler.topic !== topic) return false
  return handler.type === '*' || handler.type === type || (handler.type.endsWith('*') && type.startsWith(handler.type.slice(0, -1)))
}
