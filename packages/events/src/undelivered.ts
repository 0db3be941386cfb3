import { setTimeout as sleep } from 'node:timers/promises'
import { createPool } from '@alcove/database'
import { getNode } from '@alcove/graph'
import { baseConfigSchema, loadConfig } from '@alcove/kit'
import Type from 'typebox'
import { createKafkaAdmin } from './kafka/admin.ts'
import { readBrokerSettings } from './kafka/client.ts'
import { countLag } from './log/offsets.ts'

const { EVENT_TRANSPORT, EVENT_LOG_DATABASE_URL, KAFKA_BROKERS } = baseConfigSchema
// Whoever says kafka is asked for the brokers, so both are read together.
const schema = Type.Object({ EVENT_TRANSPORT, EVENT_LOG_DATABASE_URL, KAFKA_BROKERS })

const answerMs = 30_000
const pauseMs = 500

/** How many events the broker of this environment has that the service has not finished. Nothing may consume meanwhile. */
export async function countUndelivered(service: string, env: NodeJS.ProcessEnv): Promise<number> {
  const topics = Object.entries(getNode(service).consumes).flatMap(([topic, { mode }]) => (mode === 'durable' ? [topic] : []))
  if (topics.length === 0) return 0
  const config = loadConfig(schema, env)
  if (config.EVENT_TRANSPORT === 'kafka') {
    const admin = createKafkaAdmin(readBrokerSettings(env))
    return askUntilAnswered(() => admin.countLag(service, topics)).finally(() => admin.close())
  }
  const pool = createPool({ url: config.EVENT_LOG_DATABASE_URL!, max: 1 })
  return countLag(pool, service, topics).finally(() => pool.end())
}

/** A broker that was never asked about a group first has to choose who answers for it, and refuses meanwhile. */
async function askUntilAnswered(ask: () => Promise<number>): Promise<number> {
  for (const limit = performance.now() + answerMs; ; await sleep(pauseMs)) {
    try {
      return await ask()
    } catch (error) {
      if (performance.now() >= limit) throw error
    }
  }
}
