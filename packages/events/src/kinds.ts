import { findEventType, type Topic } from '@alcove/contracts'
import type { Check } from './envelope.ts'
import { matches, type Handler } from './handlers.ts'

/** A type of event on a topic, and who wants it. */
export interface Kind {
  readonly topic: string
  readonly type: string
  /** Of this service; none: it does not subscribe to it. */
  readonly handlers: readonly Handler[]
  /** Of its data; found with the first event of it. */
  check?: Check
}

/** Finds the kind of an event: the same object for all events of a type that contracts know. */
export type FindKind = (topic: string, type: string) => Kind

export function createKinds(handlers: readonly Handler[]): FindKind {
  const known = new Map<string, Map<string, Kind>>()
  return (topic, type) => {
    const found = known.get(topic)?.get(type)
    if (found) return found
    const kind: Kind = { topic, type, handlers: handlers.filter((handler) => matches(handler, topic, type)) }
    // Only those: anybody who may write to a topic could name ever new ones.
    if (findEventType(topic as Topic, type)) known.set(topic, (known.get(topic) ?? new Map<string, Kind>()).set(type, kind))
    return kind
  }
}
