import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startKafka } from '../../scripts/kafka/start-kafka.ts'
import { listenHost } from '../../scripts/supervisor/layout.ts'
import { findFreePorts } from '../../scripts/supervisor/ports.ts'

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
  const kafka = await startKafka({ dir: mkdtempSync(join(tmpdir(), 'alcove-kafka-')), ports: await findFreePorts(3, listenHost) })
  project.provide('kafkaBrokers', kafka.brokers)
  return () => kafka.forget()
}
