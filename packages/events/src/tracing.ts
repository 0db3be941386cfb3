import { isTraceparent, type SpanAttributes, type Tracing } from '@alcove/kit'
import type { Entry } from './apply.ts'

/** What a span needs of an event about to be published. */
interface Publishable {
  id: string
  type: string
  key: string
  traceparent: string | null
}

/** Spans of events on their way (semantic conventions for messaging; event data are never recorded). */
export interface EventTracing {
  /** Runs a publication; `work` gets the events with the `traceparent` that their consumers continue. */
  publish<E extends Publishable>(topic: string, events: readonly E[], work: (events: readonly E[]) => Promise<void>): Promise<void>
  /** Runs the effects of entries; `work` gets them with the `traceparent` that their own calls and events continue. */
  process(entries: readonly Entry[], work: (entries: readonly Entry[]) => Promise<void>): Promise<void>
}

/** Where traces are not recorded: events keep the `traceparent` they have. */
export const untraced: EventTracing = { publish: (_topic, events, work) => work(events), process: (entries, work) => work(entries) }

/** Every event has a span of its own on either side, in the trace of the request that caused it; several at once have one more, linked to each. */
export function createEventTracing(tracing: Tracing, system: string): EventTracing {
  const subjectOf = (operation: 'publish' | 'process', topic: string, type: string | undefined) => ({
    // As the broker names it.
    name: `${operation} alcove.${topic}`,
    kind: operation === 'publish' ? ('producer' as const) : ('consumer' as const),
    attributes: {
      'messaging.system': system,
      'messaging.operation.name': operation,
      'messaging.operation.type': operation === 'publish' ? 'send' : 'process',
      'messaging.destination.name': `alcove.${topic}`,
      ...(type !== undefined && { 'cloudevents.event_type': type }),
    },
  })
  return {
    async publish(topic, events, work) {
      // What no traced request caused (a sweep) begins a trace here.
      const spans = events.map(({ type, traceparent }) => tracing.start(subjectOf('publish', topic, type), { parent: readParent(traceparent) }))
      const traced = events.map((event, index) => ({ ...event, traceparent: spans[index]!.traceparent }))
      await endAfter(work(traced), (error) => spans.forEach((span, index) => span.end({ attributes: { 'messaging.message.id': events[index]!.id }, error })))
    },
    async process(entries, work) {
      const spans = entries.map(({ delivery, event }) =>
        tracing.start(subjectOf('process', delivery.topic, event!.type), { parent: readParent(event!.traceparent) }),
      )
      const traced = entries.map((entry, index) => ({ ...entry, traceparent: spans[index]!.traceparent }))
      // One transaction for several events belongs to none of their traces.
      const links = entries.length > 1 ? entries.flatMap(({ event }) => readParent(event!.traceparent) ?? []) : undefined
      const batch = links && tracing.start(subjectOf('process', entries[0]!.delivery.topic, undefined), { links })
      const { traceparent } = batch ?? spans[0]!
      await endAfter(
        tracing.within(traceparent, () => work(traced)),
        (error) => {
          spans.forEach((span, index) => span.end({ attributes: describeDelivery(entries[index]!), error }))
          batch?.end({ attributes: { 'messaging.batch.message_count': entries.length }, error })
        },
      )
    },
  }
}

const describeDelivery = ({ delivery, event }: Entry): SpanAttributes => ({
  'messaging.message.id': event!.id,
  'messaging.destination.partition.id': String(delivery.partition),
  'messaging.message.offset': String(delivery.offset),
})

function readParent(traceparent: string | null | undefined): string | undefined {
  return isTraceparent(traceparent) ? traceparent : undefined
}

/** `end` learns what kind of error the work failed with, if it did. */
async function endAfter(work: Promise<void>, end: (error: string | undefined) => void): Promise<void> {
  let failure: string | undefined
  try {
    await work
  } catch (error) {
    failure = error instanceof Error ? error.name : 'unknown'
    throw error
  } finally {
    end(failure)
  }
}
