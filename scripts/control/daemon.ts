import { readFileSync } from 'node:fs'
import { startStack, type Stack, type Target } from '../supervisor/stack.ts'
import { createLayout, root } from '../supervisor/layout.ts'
import { rotateLogs } from '../supervisor/log-rotation.ts'
import { applyRequest } from './apply.ts'
import { releaseLock, takeLock } from './lock.ts'
import { stackDir, type DaemonStatus, type UpRequest } from './protocol.ts'
import { serveControl } from './server.ts'
import { createWatcher } from './watcher.ts'

// The process behind `make up`: started detached, holds the stack until `make down`.
process.chdir(root)
const request = JSON.parse(process.argv[2]!) as UpRequest
const portBase = request.portBase ?? 0
const startedAt = new Date().toISOString()
const layout = createLayout(stackDir)
/** `make up` connects within milliseconds; if it was interrupted nobody will. */
const READER_LIMIT_MS = 5_000
let phase: DaemonStatus['phase'] = 'starting'
let stack: Stack | undefined

const running = (): Stack => {
  if (!stack || phase !== 'running') throw new Error(`Alcove is ${phase}; try again in a moment`)
  return stack
}
takeLock(stackDir)
const watcher = createWatcher((target) => running().restart(target), print)
const stopRotation = rotateLogs(stackDir)

const control = await serveControl({
  status: () => ({ pid: process.pid, phase, portBase, startedAt, clockOffsetMs: readClockOffsetMs(), processes: stack?.status() ?? [] }),
  apply: async (wanted) => ({ changes: await applyRequest(running(), portBase, wanted) }),
  stop: ({ target }) => running().stop(target as Target),
  start: ({ target }) => running().start(target as Target),
  restart: ({ target }) => running().restart(target as Target),
  watch: ({ on }) => (on ? watcher.start() : watcher.stop()),
  env: ({ service }) => running().envOf(service as never),
  down: () => end(),
})

const starting = startStack({
  dir: stackDir,
  portBase,
  transport: request.transport,
  kafka: request.kafka,
  replicas: request.replicas,
  serviceEnv: request.serviceEnv,
  demo: request.demo,
  tether: false,
  onProgress: (line) => {
    print(line)
    control.report({ line })
  },
})
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => void end().then(leave))

try {
  stack = await starting
  phase = 'running'
  print('ready')
  control.report({ ready: true })
} catch (error) {
  print((error as Error).stack ?? String(error))
  control.report({ failure: (error as Error).message })
  await control.waitForReader(READER_LIMIT_MS)
  await leave(1)
}

async function end(): Promise<object> {
  phase = 'stopping'
  watcher.stop()
  stopRotation()
  const started = await starting.catch(() => undefined)
  await started?.down()
  // After the answer has left.
  setImmediate(() => void leave(0))
  return {}
}

async function leave(code: unknown): Promise<void> {
  await control.close()
  releaseLock(stackDir)
  process.exit(typeof code === 'number' ? code : 0)
}

function readClockOffsetMs(): number {
  try {
    return (JSON.parse(readFileSync(layout.clockFile, 'utf8')) as { offsetMs: number }).offsetMs
  } catch {
    return 0
  }
}

function print(line: string): void {
  console.log(`${new Date().toISOString()} ${line}`)
}
