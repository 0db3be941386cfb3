import type { TestProject } from 'vitest/node'
import { startOwnKafka } from './own-kafka.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A broker that the tests share and leave as it is. */
    kafkaBrokers: string
  }
}

/** Takes the broker of `KAFKA_BROKERS`, or starts one for the run. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.KAFKA_BROKERS
  if (given) {
    project.provide('kafkaBrokers', given)
    return undefined
  }
  const kafka = await startOwnKafka(1)
  project.provide('kafkaBrokers', kafka.brokers)
  return () => kafka.forget()
}
