import { findFreePorts } from '@alcove/testing/free-ports'
import { startKafka } from '../kafka/start-kafka.ts'

/** A broker to measure with. */
export interface BenchBroker {
  readonly env: Readonly<Record<string, string>>
  /** Its pid, where it is a process of this machine: then its processor time counts. */
  readonly servers: Readonly<Record<string, number>>
  end(): Promise<void>
}

/** Starts a broker of the bench's own in `dir`, unless `KAFKA_BROKERS` gives one. */
export async function startBroker(dir: string): Promise<BenchBroker> {
  const given = process.env.KAFKA_BROKERS
  return given ? { env: { KAFKA_BROKERS: given }, servers: {}, end: async () => undefined } : startOwnBroker(dir)
}

/** For stacks beside each other: on one broker they would be members of the same groups. */
export async function startOwnBroker(dir: string): Promise<BenchBroker> {
  const kafka = await startKafka({ dir, ports: await findFreePorts(3) })
  const [running] = kafka.identities()
  return { env: { KAFKA_BROKERS: kafka.brokers }, servers: running ? { broker: running.pid } : {}, end: () => kafka.forget() }
}
