import type { Span, SpanAttributes, SpanStart, Tracing } from '@alcove/kit'
import { isTraceparent } from '@alcove/kit'
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
  const describe = (operation: string, topic: string): SpanAttributes => ({
    'messaging.system': system,
    'messaging.operation.name': operation,
    'messaging.operation.type': operation === 'publish' ? 'send' : 'process',
    // As the broker names it.
    'messaging.destination.name': `alcove.${topic}`,
  })
  const start = (operation: string, topic: string, more: Pick<SpanStart, 'parent' | 'links'> & { attributes: SpanAttributes }): Span =>
    tracing.start({
      ...more,
      name: `${operation} alcove.${topic}`,
      kind: operation === 'publish' ? 'producer' : 'consumer',
      attributes: { ...describe(operation, topic), ...more.attributes },
    })
  return {
    async publish(topic, events, work) {
      // What no traced request caused (a sweep) begins a trace here.
      const spans = events.map(({ id, type, traceparent }) =>
        start('publish', topic, { parent: readParent(traceparent), attributes: { 'messaging.message.id': id, 'cloudevents.event_type': type } }),
      )
      await endAfter(spans, work(events.map((event, index) => ({ ...event, traceparent: spans[index]!.traceparent }))))
    },
    async process(entries, work) {
      const spans = entries.map(({ delivery: { topic, partition, offset }, event }) =>
        start('process', topic, {
          parent: readParent(event?.traceparent),
          attributes: {
            'messaging.message.id': event!.id,
            'cloudevents.event_type': event!.type,
            'messaging.destination.partition.id': String(partition),
            'messaging.message.offset': String(offset),
          },
        }),
      )
      const traced = entries.map((entry, index) => ({ ...entry, traceparent: spans[index]!.traceparent }))
      if (entries.length > 1) spans.push(startBatch(entries, start))
      await endAfter(spans, work(traced))
    },
  }
}

type Start = (operation: string, topic: string, more: Pick<SpanStart, 'links'> & { attributes: SpanAttributes }) => Span

/** One transaction for several events belongs to none of their traces. */
function startBatch(entries: readonly Entry[], start: Start): Span {
  const links = entries.flatMap(({ event }) => readParent(event?.traceparent) ?? [])
  return start('process', entries[0]!.delivery.topic, { links, attributes: { 'messaging.batch.message_count': entries.length } })
}

function readParent(traceparent: string | null | undefined): string | undefined {
  return isTraceparent(traceparent) ? traceparent : undefined
}

async function endAfter(spans: readonly Span[], work: Promise<void>): Promise<void> {
  let failure: { error: string } | undefined
  try {
    await work
  } catch (error) {
    failure = { error: error instanceof Error ? error.name : 'unknown' }
    throw error
  } finally {
    for (const span of spans) span.end(failure)
  }
}
