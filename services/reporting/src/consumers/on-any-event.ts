import { topics } from '@alcove/contracts'
import { onEvent, type Handler } from '@alcove/events'
import { project } from '../db/projections.ts'
import { keepRawEvent } from '../db/raw-events.ts'

/** Keeps every event of every topic raw and applies it to the read models, in one transaction with the inbox. */
export function onAnyEvent(): Handler[] {
  return topics.map((topic) =>
    onEvent({ topic, type: '*' }, async ({ tx, event }) => {
      await keepRawEvent(tx, topic, event)
      await project(tx, event)
    }),
  )
}
