import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { get } from 'node:http'
import type { ServiceName } from '@alcove/contracts'
import { listenHost, nodeBinary, type PortPair } from './layout.ts'
import { identify, isAlive, readRssBytes, signal, until, type ProcessIdentity } from './processes.ts'
import type { ProcessState, ProcessStatus } from './types.ts'

const BACKOFF_MIN_MS = 250
const BACKOFF_MAX_MS = 30_000
/** A process that lived this long has started well: the next crash begins with a short pause again. */
const STEADY_MS = 60_000
const DRAIN_LIMIT_MS = 15_000

export interface ProcessSpec {
  readonly service: ServiceName
  readonly replica: number
  readonly ports: PortPair
  readonly cwd: string
  readonly logFile: string
  readonly nodeOptions: readonly string[]
  /** Asked at each start, so that a restart takes up what changed. */
  readonly env: () => Readonly<Record<string, string>>
  /** Called after each start and end of a process, before anything waits. */
  readonly onChange: () => void
}

export interface ManagedProcess {
  readonly spec: ProcessSpec
  /** The running process, also while it drains. */
  identity(): ProcessIdentity | undefined
  state(): ProcessState
  status(): ProcessStatus
  /** Crashes before it was ever ready, since the last start asked for. */
  failedStarts(): number
  start(): void
  stop(): Promise<void>
  kill(name: NodeJS.Signals, restart: boolean): Promise<void>
  setPaused(paused: boolean): void
}

/** One replica: started, watched, restarted with backoff after a crash, drained when asked to stop. */
export function createManagedProcess(spec: ProcessSpec): ManagedProcess {
  let child: ChildProcess | undefined
  let identity: ProcessIdentity | undefined
  let state: ProcessState = 'stopped'
  let wanted = false
  let startedAt = 0
  let restarts = 0
  let failedStarts = 0
  let backoffMs = BACKOFF_MIN_MS
  let lastExit: string | null = null
  let timer: NodeJS.Timeout | undefined

  const launch = () => {
    clearTimeout(timer)
    const log = openSync(spec.logFile, 'a')
    // A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which then drains in order.
    const started = spawn(nodeBinary, [...spec.nodeOptions, 'src/main.ts'], {
      cwd: spec.cwd,
      env: spec.env(),
      stdio: ['ignore', log, log],
      detached: true,
    })
    closeSync(log)
    child = started
    state = 'starting'
    startedAt = Date.now()
    started.once('exit', (code, name) => onExit(name ? `signal ${name}` : `code ${code}`))
    started.once('error', (error) => onExit(error.message))
    identity = started.pid === undefined ? undefined : identify(started.pid)
    spec.onChange()
    watch(started, 50)
  }

  const onExit = (how: string) => {
    if (!child) return
    const wasReady = state === 'ready' || state === 'unready'
    child = undefined
    identity = undefined
    lastExit = how
    if (wanted) scheduleRestart(wasReady)
    else state = 'stopped'
    spec.onChange()
  }

  const scheduleRestart = (wasReady: boolean) => {
    state = 'backoff'
    if (!wasReady) failedStarts += 1
    if (Date.now() - startedAt > STEADY_MS) backoffMs = BACKOFF_MIN_MS
    timer = setTimeout(() => {
      restarts += 1
      launch()
    }, backoffMs)
    backoffMs = Math.min(backoffMs * 2, BACKOFF_MAX_MS)
  }

  /** Asks /readyz: often while starting, seldom later. */
  const watch = (of: ChildProcess, delayMs: number) => {
    const next = setTimeout(async () => {
      if (child !== of) return
      const ready = state !== 'paused' && (await isReady(spec.ports.opsPort))
      if (child !== of) return
      if (state === 'starting' && ready) state = 'ready'
      else if (state === 'ready' || state === 'unready') state = ready ? 'ready' : 'unready'
      watch(of, state === 'ready' ? 1000 : 100)
    }, delayMs)
    next.unref()
  }

  return {
    spec,
    identity: () => identity,
    failedStarts: () => failedStarts,
    state: () => state,
    status: () => ({
      service: spec.service,
      replica: spec.replica,
      state,
      pid: identity?.pid ?? null,
      upSeconds: identity ? Math.floor((Date.now() - startedAt) / 1000) : null,
      rssBytes: identity ? readRssBytes(identity.pid) : null,
      restarts,
      lastExit,
      url: `http://${listenHost}:${spec.ports.port}`,
      opsUrl: `http://${listenHost}:${spec.ports.opsPort}`,
    }),
    start: () => {
      if (wanted) return
      wanted = true
      failedStarts = 0
      backoffMs = BACKOFF_MIN_MS
      launch()
    },
    stop: async () => {
      wanted = false
      clearTimeout(timer)
      const ending = identity
      if (!ending) return void (state = 'stopped')
      state = 'stopping'
      signal(ending, 'SIGTERM')
      signal(ending, 'SIGCONT')
      if (!(await until(() => child === undefined, DRAIN_LIMIT_MS))) signal(ending, 'SIGKILL')
      await until(() => child === undefined, 5_000)
    },
    kill: async (name, restart) => {
      if (!identity) return
      const target = identity
      if (!restart) {
        wanted = false
        clearTimeout(timer)
      }
      signal(target, name)
      await until(() => !isAlive(target) && identity?.pid !== target.pid, DRAIN_LIMIT_MS)
    },
    setPaused: (paused) => {
      if (!identity) return
      signal(identity, paused ? 'SIGSTOP' : 'SIGCONT')
      state = paused ? 'paused' : 'unready'
    },
  }
}

function isReady(opsPort: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: listenHost, port: opsPort, path: '/readyz', agent: false, timeout: 2_000 }, (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
  })
}
