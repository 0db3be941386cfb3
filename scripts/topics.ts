import { applyTopics, readBrokerSettings } from '@alcove/events/kafka'
import { listTopics } from '@alcove/graph'
import { loadConfig } from '@alcove/kit'
import Type from 'typebox'

// `pnpm topics:apply`: brings the broker of the `KAFKA_*` variables to the topics of the graph. Repeatable.
// As the first process of a container nobody else ends it.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1))
try {
  /** How long the brokers may take to be there: e.g. 300. */
  const config = loadConfig(Type.Object({ KAFKA_WAIT_SECONDS: Type.Integer({ minimum: 0, maximum: 86_400, default: 0 }) }), process.env)
  const changes = await applyTopics(readBrokerSettings(process.env), listTopics(), { waitSeconds: config.KAFKA_WAIT_SECONDS })
  console.log(changes.length > 0 ? changes.join('\n') : 'all topics are as the graph says')
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
