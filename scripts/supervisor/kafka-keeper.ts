import { setTimeout as delay } from 'node:timers/promises'
import { startKafka, type Kafka, type KafkaOptions } from '../kafka/start-kafka.ts'
import type { BrokerControl } from './types.ts'

const LOOK_MS = 1_000

export interface KafkaKeeper extends BrokerControl {
  /** Ends it for good; data stay. */
  end(): Promise<void>
}

/** One broker, started again when it ends without having been asked to. */
export async function keepKafka(options: KafkaOptions): Promise<KafkaKeeper> {
  return keepBroker(await startKafka(options))
}

/** Keeps a started broker; it does not keep this process alive. */
export function keepBroker(kafka: Pick<Kafka, 'brokers' | 'start' | 'end' | 'setPaused'>): KafkaKeeper {
  const ending = new AbortController()
  let wanted = true
  // One after the other: a restart must not meet a stop.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = (work: () => Promise<void>) => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }
  const restart = async () => {
    if (wanted) await kafka.start(1).catch((error: Error) => console.error(`Kafka did not come back: ${error.message}`))
  }
  const watching = (async () => {
    while (!ending.signal.aborted) {
      await delay(LOOK_MS, undefined, { ref: false, signal: ending.signal }).catch(() => undefined)
      await inTurn(restart)
    }
  })()
  const stop = () => {
    wanted = false
    return inTurn(() => kafka.end(1, 'SIGTERM'))
  }

  return {
    brokers: kafka.brokers,
    kill: () => inTurn(() => kafka.end(1, 'SIGKILL')),
    stop,
    start: () => {
      wanted = true
      return inTurn(() => kafka.start(1))
    },
    pause: () => kafka.setPaused(1, true),
    resume: () => kafka.setPaused(1, false),
    async end() {
      // Not left to the next look: nothing else may be there to keep this process alive until then.
      ending.abort()
      await stop()
      await watching
    },
  }
}
