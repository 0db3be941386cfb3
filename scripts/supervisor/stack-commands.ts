import { existsSync, readFileSync } from 'node:fs'
import type { ServiceName } from '@alcove/contracts'
import { assertConnectionsSuffice } from './budget.ts'
import { allServices, listenHost, type PortPair } from './layout.ts'
import type { Ground } from './prepare.ts'
import { waitUntilReady } from './readiness.ts'
import type { Recorder } from './recorder.ts'
import { replaceFile } from './replace-file.ts'
import type { ReplicaSet } from './replica-set.ts'
import { parseTarget } from './target.ts'
import type { Stack, Target } from './types.ts'

/** Drained in this order, callers before those they call, so that requests under way find what they need. */
const DRAINED_FIRST: readonly (readonly ServiceName[])[] = [['gateway'], ['admin', 'notification', 'reporting', 'booking']]
const READY_LIMIT_MS = 60_000

export interface StackParts {
  readonly ground: Ground
  readonly sets: ReadonlyMap<ServiceName, ReplicaSet>
  /** Read at each start of a process. */
  readonly serviceEnv: Partial<Record<ServiceName, Readonly<Record<string, string>>>>
  readonly buildEnv: (service: ServiceName, own: PortPair) => Record<string, string>
  readonly recorder: Recorder
  readonly onDown: readonly (() => unknown)[]
}

/** The commands of a stack over its parts. */
export function createStack(parts: StackParts): Stack {
  const { ground, sets, serviceEnv, buildEnv } = parts
  const { layout, ports } = ground
  let ended: Promise<void> | undefined

  const resolve = (target: Target) => {
    const { service, replica } = parseTarget(target)
    const set = sets.get(service)
    if (!set) throw new Error(`${service} is not part of this stack`)
    return { set, replica, processes: set.select(replica) }
  }
  const selectAll = (targets: readonly Target[] | undefined) =>
    targets ? targets.flatMap((target) => resolve(target).processes) : [...sets.values()].flatMap((set) => set.list())
  const readLog = (service: ServiceName) => (existsSync(layout.logFile(service)) ? readFileSync(layout.logFile(service), 'utf8') : '')
  const waitReady = async (targets?: readonly Target[], timeoutMs = READY_LIMIT_MS) => {
    // Chosen anew at each look: scaling replaces processes.
    const listWaited = () => selectAll(targets).filter((process) => targets !== undefined || process.state !== 'stopped')
    await waitUntilReady(listWaited, { timeoutMs, readLog })
  }
  const start = async (target: Target) => {
    const { set, replica } = resolve(target)
    await set.start(replica)
    await waitReady([target])
  }
  const stop = async (target: Target) => {
    const { set, replica } = resolve(target)
    await set.stop(replica)
  }

  return {
    dir: layout.dir,
    urls: Object.fromEntries(allServices.map((service) => [service, `http://${listenHost}:${ports.service(service).port}`])) as Record<ServiceName, string>,
    opsUrls: (service) => resolve(service).processes.map((process) => process.status().opsUrl),
    databaseUrls: ground.databaseUrls,
    broker: ground.transport.broker,
    status: () => selectAll(undefined).map((process) => process.status()),
    start,
    stop,
    restart: async (target) => {
      await stop(target)
      await start(target)
    },
    kill: async (target, options = {}) => {
      await Promise.all(resolve(target).processes.map((process) => process.kill(options.signal ?? 'SIGKILL', options.restart ?? true)))
    },
    pause: (target) => resolve(target).processes.forEach((process) => process.setPaused(true)),
    resume: (target) => resolve(target).processes.forEach((process) => process.setPaused(false)),
    scale: async (service, count) => {
      const { set } = resolve(service)
      const counts = Object.fromEntries([...sets.values()].map((other) => [other.service, other === set ? count : other.list().length]))
      assertConnectionsSuffice(counts, ground.connections)
      await set.scale(count)
      await start(service)
    },
    envOf: (service) => buildEnv(service, ports.service(service)),
    setEnv: async (service, env) => {
      serviceEnv[service] = { ...serviceEnv[service], ...env }
      await stop(service)
      await start(service)
    },
    waitReady,
    logs: readLog,
    serviceToken: (caller, callee) => ground.credentials.signServiceToken(caller, callee),
    setClockOffsetMs: (offsetMs) => replaceFile(layout.clockFile, JSON.stringify({ offsetMs })),
    down: () => (ended ??= endEverything(parts)),
  }
}

async function endEverything({ ground, sets, recorder, onDown }: StackParts): Promise<void> {
  const rest = [...sets.keys()].filter((service) => !DRAINED_FIRST.flat().includes(service))
  for (const wave of [...DRAINED_FIRST, rest]) await Promise.all(wave.map((service) => sets.get(service)?.stop()))
  await Promise.all([ground.postgres.stop(), ground.transport.end()])
  recorder.close()
  for (const end of onDown) await end()
}
