import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { removePostgres } from '@alcove/database'
import type { ServiceName } from '@alcove/contracts'
import { forgetKafka } from '../kafka/leftovers.ts'
import { createLayout, makeTemporaryDir, root, type PortPair } from './layout.ts'
import type { ProcessSpec } from './managed-process.ts'
import { countReplicas, prepareGround } from './prepare.ts'
import { createRecorder } from './recorder.ts'
import { createReplicaSet, type ReplicaSet } from './replica-set.ts'
import { buildServiceEnv } from './service-env.ts'
import { createStack } from './stack-commands.ts'
import { tieToThisProcess } from './tether.ts'
import type { Stack, StackOptions } from './types.ts'

/**
 * The heap in MiB that Node chooses by itself in a container with the chart's limit of memory, from which V8 derives the rest. With a bound of the old space
 * alone the young one grows to 128 MiB, which counts towards the bound, and V8 then marks without a pause.
 */
const NODE_OPTIONS = ['--max-heap-size=256']
const START_LIMIT_MS = 90_000

/** Starts PostgreSQL and the services and settles when all are ready; leaves nothing running if that fails. */
export async function startServices(options: StackOptions): Promise<Stack> {
  const layout = createLayout(options.dir ?? makeTemporaryDir('alcove-stack-'))
  const sets = new Map<ServiceName, ReplicaSet>()
  const recorder = createRecorder(layout, sets)
  const release = options.tether === false ? () => undefined : tieToThisProcess(layout.dir, { remove: options.dir === undefined })
  const ground = await prepareGround(options, layout, recorder.setPostgres).catch(async (error: unknown) => {
    release()
    recorder.close()
    await removeIfTemporary()
    throw error
  })
  const serviceEnv: Partial<Record<ServiceName, Readonly<Record<string, string>>>> = { ...options.serviceEnv }
  // `RATE_LIMITS=off` ends all limits: whoever measures or tests may also come to a service's own port.
  const unlimited: Record<string, string> = [options.env, serviceEnv.gateway].some((env) => env?.RATE_LIMITS === 'off') ? { CALLER_LIMIT: 'off' } : {}
  const buildEnv = (service: ServiceName, ports: PortPair) => ({
    ...buildServiceEnv({ ...ground, testControls: options.testControls === true }, service, ports),
    ...unlimited,
    ...options.env,
    ...serviceEnv[service],
  })
  const toSpec =
    (service: ServiceName) =>
    (replica: number, ports: PortPair): ProcessSpec => ({
      service,
      replica,
      ports,
      cwd: join(root, 'services', service),
      logFile: ground.layout.logFile(service),
      nodeOptions: NODE_OPTIONS,
      onChange: recorder.write,
      env: () => buildEnv(service, ports),
    })
  const stopRenewing = ground.credentials.startRenewing()
  const stack = createStack({ ground, sets, serviceEnv, buildEnv, recorder, onDown: [stopRenewing, release, removeIfTemporary] })
  try {
    const counts = Object.entries(countReplicas(options)) as [ServiceName, number][]
    options.onProgress?.(`starting ${counts.length} services`)
    await Promise.all(counts.map(([service, count]) => launch(service, count)))
    await stack.waitReady(undefined, options.startTimeoutMs ?? START_LIMIT_MS)
  } catch (error) {
    await stack.down()
    throw error
  }
  return stack

  async function removeIfTemporary(): Promise<void> {
    if (options.dir !== undefined) return
    await removePostgres(layout.dataDir)
    await forgetKafka(layout.kafkaDir)
    rmSync(layout.dir, { recursive: true, force: true })
  }

  async function launch(service: ServiceName, count: number): Promise<void> {
    const set = createReplicaSet(service, ground.ports, toSpec(service))
    sets.set(service, set)
    await set.scale(count)
    await set.start()
  }
}
