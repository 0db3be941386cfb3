import { applyTopics, readBrokerSettings } from '@alcove/events/kafka'
import { listTopics } from '@alcove/graph'

// `pnpm topics:apply`: brings the broker of the `KAFKA_*` variables to the topics of the graph. Repeatable.
try {
  const changes = await applyTopics(readBrokerSettings(process.env), listTopics())
  console.log(changes.length > 0 ? changes.join('\n') : 'all topics are as the graph says')
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
