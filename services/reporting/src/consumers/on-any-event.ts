import { topics, type CloudEvent } from '@alcove/contracts'
import { onEvents, superseded, type EventsContext, type Handler } from '@alcove/events'

export interface OnAnyEventDeps {
  keepRawEvents(tx: EventsContext['tx'], kept: readonly { topic: string; event: CloudEvent }[]): Promise<void>
  /** False for each event of whose aggregate the read model has a newer version. */
  project(tx: EventsContext['tx'], events: readonly CloudEvent[]): Promise<boolean[]>
}

/**
 * Keeps every event of every topic raw and applies it to the read models, in one transaction with the inbox. Of an event in two
 * versions both are kept, and the read models take the newer: {@link project} passes over the other.
 */
export function onAnyEvent(deps: OnAnyEventDeps): Handler[] {
  return topics.map((topic) =>
    onEvents({ topic, type: '*' }, async ({ tx, events }) => {
      await deps.keepRawEvents(tx, events)
      const stand = await deps.project(
        tx,
        events.map(({ event }) => event),
      )
      return stand.map((stands) => (stands ? undefined : superseded))
    }),
  )
}
