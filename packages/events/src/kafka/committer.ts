import type { Consumer } from 'kafkajs'
import { backoffMs, pause } from '../wait.ts'
import type { Held } from './held.ts'

/** Stores positions of partitions: one request at a time with the newest of all, so that handling never waits for it. */
export interface Committer {
  note(held: Held): void
  /** Settles when all that was noted is stored, or cannot be any more. */
  flush(): Promise<void>
}

/** Least time between two requests: what is done in it is stored together. */
const GATHER_MS = 1000

/** Positions of a try that failed are tried again while the session lasts; lost ones only repeat what the inbox removes. */
export function createCommitter(options: {
  consumer(): Consumer | undefined
  isHeld(held: Held): boolean
  log: { warn(fields: object, message: string): void }
  signal: AbortSignal
}): Committer {
  const noted = new Map<string, Held>()
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    let failures = 0
    while (noted.size > 0) {
      const consumer = options.consumer()
      const batch = [...noted.values()].filter(options.isHeld).map((held) => ({ held, offset: held.doneOffset }))
      noted.clear()
      if (!consumer || batch.length === 0) continue
      try {
        await consumer.commitOffsets(batch.map(({ held: { topic, partition }, offset }) => ({ topic, partition, offset: String(offset) })))
        for (const { held, offset } of batch) held.storedOffset = offset
        failures = 0
        await pause(GATHER_MS, options.signal)
      } catch (error) {
        failures += 1
        options.log.warn({ err: error, failures }, 'positions could not be stored; trying again')
        // Stopping, it is not tried for ever.
        const again = options.signal.aborted && failures >= 3 ? [] : batch
        again.forEach(({ held }) => noted.set(held.unit, held))
        await pause(backoffMs(failures, 100, 2000), options.signal)
      }
    }
    running = undefined
  }

  return {
    note(held) {
      noted.set(held.unit, held)
      running ??= Promise.resolve().then(run)
    },
    async flush() {
      await running
    },
  }
}
