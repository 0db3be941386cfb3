import type { CloudEvent, Topic } from '@alcove/contracts'
import { findDeadLetter, listDeadLetters, onEvent, replayDeadLetter } from '@alcove/events'
import { createLogger, newId, newTraceparent } from '@alcove/kit'
import { createTestClock } from './clock.ts'
import { deliverMessage, type DeliverOptions } from './deliver.ts'

/**
 * Lets one event die, delivers the others, then replays the dead one: what its consumer makes of an event that comes late.
 * Throws when the letter stays.
 */
export async function replayLate(
  options: DeliverOptions & { topic: Topic },
  { dead, meanwhile }: { dead: CloudEvent; meanwhile: readonly CloudEvent[] },
): Promise<'applied' | 'superseded' | 'failed' | 'skipped'> {
  const { pool, handlers, clock = createTestClock(), topic } = options
  const fails = onEvent({ topic, type: dead.type }, async () => {
    throw new Error('made to fail')
  })
  await deliverMessage({ pool, handlers: [fails] }, topic, dead)
  const [letter] = await listDeadLetters(pool, { limit: 1 })
  for (const event of meanwhile) await deliverMessage(options, topic, event)
  const actor = { userId: newId(), requestId: 'late', traceparent: newTraceparent() }
  const log = createLogger({ service: 'test', level: 'silent' })
  const outcome = await replayDeadLetter({ pool, handlers, clock, log, topic, wakeRelay: () => undefined }, { id: letter!.id, actor })
  if (await findDeadLetter(pool, letter!.id)) throw new Error('the dead letter is still there')
  return outcome
}
