import { topics, type CloudEvent } from '@alcove/contracts'
import { onEvent, type EventContext, type Handler } from '@alcove/events'

export interface OnAnyEventDeps {
  keepRawEvent(tx: EventContext['tx'], topic: string, event: CloudEvent): Promise<void>
  project(tx: EventContext['tx'], event: CloudEvent): Promise<void>
}

/**
 * Keeps every event of every topic raw and applies it to the read models, in one transaction with the inbox. Of an event in two
 * versions both are kept, and the read models take the newer: {@link project} passes over the other.
 */
export function onAnyEvent(deps: OnAnyEventDeps): Handler[] {
  return topics.map((topic) =>
    onEvent({ topic, type: '*' }, async ({ tx, event }) => {
      await deps.keepRawEvent(tx, topic, event)
      await deps.project(tx, event)
    }),
  )
}
