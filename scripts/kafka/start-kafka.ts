import { isPortFree } from '@alcove/testing/free-ports'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { listenHost } from '../supervisor/layout.ts'
import { assertPortsFree } from '../supervisor/ports.ts'
import { until, type ProcessIdentity } from '../supervisor/processes.ts'
import { createDockerBroker } from './docker-broker.ts'
import { resolveJars } from './jars.ts'
import { createJavaBroker } from './java-broker.ts'
import { nameCluster, planPlaces, wayFile } from './places.ts'
import { renderProperties, type BrokerPlace, type BrokerSecurity } from './properties.ts'
import type { BrokerRuntime, KafkaTool } from './runtime.ts'
import { chooseWay, type Way } from './way.ts'

const READY_LIMIT_MS = 120_000
const PORT_LIMIT_MS = 10_000
const TAIL_LINES = 20

/** Options of {@link startKafka}. */
export interface KafkaOptions {
  /** Properties, logs and (Java) data. Started there again, it goes on with the same data. */
  readonly dir: string
  /** Three free ports for each broker: for clients, other brokers, controllers. One broker, or three that replicate. */
  readonly ports: readonly number[]
  /** Clients must speak TLS and SCRAM. */
  readonly security?: BrokerSecurity
  /** Java only: ended when this process dies, however it dies. On unless turned off. */
  readonly tether?: boolean
}

/** Kafka on this machine. Brokers are numbered from 1. */
export interface Kafka {
  /** Value of `KAFKA_BROKERS`. */
  readonly brokers: string
  /** Settles when it answers. */
  start(broker: number): Promise<void>
  /** SIGKILL: a crash. */
  end(broker: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** SIGSTOP: connections open and nobody answers. */
  setPaused(broker: number, paused: boolean): void
  identities(): ProcessIdentity[]
  /** Runs a tool of Kafka beside a running broker; `--bootstrap-server` is added. */
  runTool(tool: KafkaTool, args: readonly string[]): Promise<string>
  /** Ends all; data stay. */
  down(): Promise<void>
  /** Ends all and removes everything. */
  forget(): Promise<void>
}

/** Starts a cluster with Docker, or Java and Maven, and settles when every broker answers; leaves nothing running if that fails. */
export async function startKafka(options: KafkaOptions): Promise<Kafka> {
  const kafka = createKafka(options, chooseWay())
  try {
    await Promise.all(kafka.brokers.split(',').map((_, index) => kafka.start(index + 1)))
    return kafka
  } catch (error) {
    await kafka.down()
    throw error
  }
}

function createKafka(options: KafkaOptions, way: Way): Kafka {
  const dir = resolve(options.dir)
  const places = planPlaces(way, dir, options.ports)
  mkdirSync(dir, { recursive: true })
  writeFileSync(wayFile(dir), way)
  const runtimes = places.map((own) => {
    const properties = renderProperties(own, places, options.security)
    const ownDir = join(dir, String(own.id))
    return way === 'docker'
      ? createDockerBroker({ name: own.host, network: nameCluster(dir), dir: ownDir, port: own.port, properties })
      : createJavaBroker({ dir: ownDir, jars: resolveJars, properties, tether: options.tether ?? true })
  })
  const select = (broker: number) => {
    const runtime = runtimes[broker - 1]
    if (!runtime) throw new Error(`there are ${runtimes.length} brokers; there is no broker ${broker}`)
    return { runtime, own: places[broker - 1]! }
  }
  const down = async () => void (await Promise.all(runtimes.map((runtime) => runtime.end('SIGTERM'))))
  return {
    brokers: places.map(({ port }) => `${listenHost}:${port}`).join(','),
    async start(broker) {
      const { runtime, own } = select(broker)
      if (runtime.isRunning()) return
      // A killed process lets go of its port only when the last of its threads is gone.
      await until(() => isPortFree(own.port, listenHost), PORT_LIMIT_MS)
      await assertPortsFree(new Map([[own.port, `Kafka, broker ${broker}`]]), listenHost)
      await runtime.start()
      await waitUntilReady(runtime, own)
    },
    end: (broker, signal) => select(broker).runtime.end(signal),
    setPaused: (broker, paused) => select(broker).runtime.setPaused(paused),
    identities: () => runtimes.flatMap((runtime) => runtime.identity() ?? []),
    runTool(tool, args) {
      const index = runtimes.findIndex((runtime) => runtime.isRunning())
      if (index < 0) throw new Error('no broker is running')
      const { host, internalPort } = places[index]!
      return runtimes[index]!.runTool(tool, ['--bootstrap-server', `${host}:${internalPort}`, ...args])
    },
    down,
    async forget() {
      await down()
      for (const runtime of runtimes) runtime.forget()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** It is registered and takes part when it says so. */
async function waitUntilReady(runtime: BrokerRuntime, own: BrokerPlace): Promise<void> {
  const isReady = async () => !runtime.isRunning() || (/Kafka Server started/.test(runtime.readLog()) && (await answers(own.port)))
  const inTime = await until(isReady, READY_LIMIT_MS)
  if (inTime && runtime.isRunning()) return
  const tail = runtime.readLog().trimEnd().split('\n').slice(-TAIL_LINES).join('\n')
  throw new Error(`broker ${own.id} ${inTime ? 'ended' : `is not ready after ${READY_LIMIT_MS / 1000} s`}; the end of its log:\n${tail}`)
}

function answers(port: number): Promise<boolean> {
  const { promise, resolve: settle } = Promise.withResolvers<boolean>()
  const socket = connect({ port, host: listenHost })
  socket.once('connect', () => settle(true)).once('error', () => settle(false))
  return promise.finally(() => socket.destroy())
}
