import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createDockerBroker } from './docker-broker.ts'
import { createJavaBroker } from './java-broker.ts'
import { nameBroker, nameCluster, wayFile } from './places.ts'
import type { BrokerRuntime } from './runtime.ts'

/** Ends what a killed process has left running of a cluster in that directory; says how many brokers that were. */
export async function endKafka(dir: string): Promise<number> {
  const running = listRuntimes(dir).filter((runtime) => runtime.isRunning())
  await Promise.all(running.map((runtime) => runtime.end('SIGTERM')))
  return running.length
}

/** Ends and removes everything of a cluster in that directory. */
export async function forgetKafka(dir: string): Promise<void> {
  await endKafka(dir)
  for (const runtime of listRuntimes(dir)) runtime.forget()
  rmSync(dir, { recursive: true, force: true })
}

function listRuntimes(dir: string): BrokerRuntime[] {
  if (!existsSync(wayFile(dir))) return []
  const way = readFileSync(wayFile(dir), 'utf8')
  const numbers = readdirSync(dir).filter((entry) => /^\d+$/.test(entry))
  return numbers.map((id) => {
    const own = { dir: join(dir, id), properties: '' }
    const network = nameCluster(dir)
    return way === 'docker'
      ? createDockerBroker({ ...own, name: nameBroker(network, Number(id)), network, port: 0 })
      : createJavaBroker({ ...own, jars: () => '', tether: false })
  })
}
