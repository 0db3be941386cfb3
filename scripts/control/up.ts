import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readBrokerSettings } from '@alcove/events/kafka'
import { allServices, nodeBinary, root } from '../supervisor/layout.ts'
import { readPortBase } from '../supervisor/port-base.ts'
import { pickServiceEnv } from '../supervisor/service-env.ts'
import { followProgress, NotRunning, send } from './client.ts'
import { closeInheritedDescriptors } from './close-inherited.ts'
import { supervisorLog, type UpRequest } from './protocol.ts'
import { describeStack } from './summary.ts'

/** `make up`: starts the daemon, or brings a running one to what is asked for; settles when all is ready. */
export async function up(): Promise<number> {
  const request = readRequest(process.env)
  if (await isRunning()) {
    // Another terminal may be starting it just now.
    if ((await send('status', {})).phase === 'starting') await waitUntilReady()
    const { changes } = await send('apply', request)
    console.log(changes.length > 0 ? changes.join('\n') : 'already running')
  } else {
    const daemon = launchDaemon(request)
    await waitForSocket(daemon)
    await waitUntilReady()
  }
  console.log(describeStack(await send('status', {})))
  return 0
}

export async function isRunning(): Promise<boolean> {
  try {
    await send('status', {})
    return true
  } catch (error) {
    if (error instanceof NotRunning) return false
    throw error
  }
}

function readRequest(env: NodeJS.ProcessEnv): UpRequest {
  const portBase = env.PORT_BASE ? readPortBase(env.PORT_BASE) : undefined
  const replicas = Object.fromEntries(
    Object.entries(env)
      .filter(([name]) => name.startsWith('N_'))
      .map(([name, count]) => [readServiceName(name), Number(count)]),
  )
  return { portBase, ...readTransport(env), replicas, demo: env.DEMO !== 'off', serviceEnv: pickServiceEnv(env) as UpRequest['serviceEnv'] }
}

function readTransport({ TRANSPORT: transport, ...env }: NodeJS.ProcessEnv): Pick<UpRequest, 'transport' | 'kafka'> {
  if (transport === undefined) return {}
  if (transport !== 'embedded' && transport !== 'kafka') throw new Error(`TRANSPORT is embedded or kafka, not ${transport}`)
  if (transport === 'embedded' || !env.KAFKA_BROKERS) return { transport }
  const kafka = Object.fromEntries(Object.entries(env).filter(([name, value]) => name.startsWith('KAFKA_') && value)) as Record<string, string>
  readBrokerSettings(kafka)
  return { transport, kafka }
}

function readServiceName(variable: string): string {
  const service = variable.slice(2).toLowerCase()
  if (!allServices.some((name) => name === service)) throw new Error(`${variable}: there is no service ${service}; there are ${allServices.join(', ')}`)
  return service
}

function launchDaemon(request: UpRequest): ChildProcess {
  closeInheritedDescriptors()
  mkdirSync(dirname(supervisorLog), { recursive: true })
  const log = openSync(supervisorLog, 'a')
  const daemon = spawn(nodeBinary, ['--max-old-space-size=256', join(root, 'scripts/control/daemon.ts'), JSON.stringify(request)], {
    cwd: root,
    env: process.env,
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  daemon.unref()
  return daemon
}

async function waitForSocket(daemon: ChildProcess): Promise<void> {
  while (daemon.exitCode === null && daemon.signalCode === null) {
    if (await isRunning()) return
    await delay(50)
  }
  // Another make up, begun in the same moment, was faster.
  if (await isRunning()) return
  const tail = readFileSync(supervisorLog, 'utf8').trimEnd().split('\n').slice(-10).join('\n')
  throw new Error(`the supervisor ended at once; the end of ${supervisorLog}:\n${tail}`)
}

async function waitUntilReady(): Promise<void> {
  try {
    for await (const progress of followProgress()) {
      if ('failure' in progress) throw new StartFailed(`Alcove did not start.\n${progress.failure}`)
      if ('ready' in progress) return
      console.log(progress.line)
    }
  } catch (error) {
    if (error instanceof StartFailed) throw error
  }
  throw new Error(`the supervisor ended while starting; see ${supervisorLog}. Another make up ends what it left and goes on.`)
}

class StartFailed extends Error {}
