import { topics, type CloudEvent } from '@alcove/contracts'
import { onEvent, superseded, type EventContext, type Handler } from '@alcove/events'

export interface OnAnyEventDeps {
  keepRawEvent(tx: EventContext['tx'], topic: string, event: CloudEvent): Promise<void>
  /** False: the read model has a newer version. */
  project(tx: EventContext['tx'], event: CloudEvent): Promise<boolean>
}

/**
 * Keeps every event of every topic raw and applies it to the read models, in one transaction with the inbox. Of an event in two
 * versions both are kept, and the read models take the newer: {@link project} passes over the other.
 */
export function onAnyEvent(deps: OnAnyEventDeps): Handler[] {
  return topics.map((topic) =>
    onEvent({ topic, type: '*' }, async ({ tx, event }) => {
      await deps.keepRawEvent(tx, topic, event)
      return (await deps.project(tx, event)) ? undefined : superseded
    }),
  )
}
