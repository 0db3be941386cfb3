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
/** Above the kit's DRAIN_TIMEOUT_MS (15 s): a service is killed only when its own limit did not end it. */
const DRAIN_LIMIT_MS = 20_000
const WATCH_STARTING_MS = 100
const WATCH_READY_MS = 1000

export interface ProcessSpec {
  readonly service: ServiceName
  /** Counts from 1. */
  readonly replica: number
  readonly ports: PortPair
  readonly cwd: string
  readonly logFile: string
  readonly nodeOptions: readonly string[]
  /** Asked at each start, so that a restart takes up what changed. */
  readonly env: () => Readonly<Record<string, string>>
  /** Called after each start and end of a process, before anything waits, and when its readiness changes. */
  readonly onChange: () => void
}

/** One replica: started, watched, restarted with backoff after a crash, drained when asked to stop. */
export class ManagedProcess {
  readonly spec: ProcessSpec
  state: ProcessState = 'stopped'
  /** The running process, also while it drains. */
  identity: ProcessIdentity | undefined
  /** Crashes before it was ever ready, since the last start asked for. */
  failedStarts = 0
  #child: ChildProcess | undefined
  #wanted = false
  #startedAtMs = 0
  #restarts = 0
  #lastExit: string | null = null
  #backoffMs = BACKOFF_MIN_MS
  #restartTimer: NodeJS.Timeout | undefined

  constructor(spec: ProcessSpec) {
    this.spec = spec
  }

  status(): ProcessStatus {
    const { service, replica, ports } = this.spec
    return {
      service,
      replica,
      state: this.state,
      pid: this.identity?.pid ?? null,
      upSeconds: this.identity ? Math.floor((Date.now() - this.#startedAtMs) / 1000) : null,
      rssBytes: this.identity ? readRssBytes(this.identity.pid) : null,
      restarts: this.#restarts,
      lastExit: this.#lastExit,
      url: `http://${listenHost}:${ports.port}`,
      opsUrl: `http://${listenHost}:${ports.opsPort}`,
    }
  }

  start(): void {
    if (this.#wanted) return
    this.#wanted = true
    this.failedStarts = 0
    this.#backoffMs = BACKOFF_MIN_MS
    this.#launch()
  }

  /** SIGTERM, and SIGKILL for what does not drain in time. */
  async stop(): Promise<void> {
    this.#unwant()
    const ending = this.identity
    if (!ending) return void (this.state = 'stopped')
    this.state = 'stopping'
    signal(ending, 'SIGTERM')
    // A paused process would never see it.
    signal(ending, 'SIGCONT')
    if (!(await until(() => this.#child === undefined, DRAIN_LIMIT_MS))) signal(ending, 'SIGKILL')
    await until(() => this.#child === undefined, 5_000)
  }

  async kill(name: NodeJS.Signals, restart: boolean): Promise<void> {
    const target = this.identity
    if (!restart) this.#unwant()
    if (!target) return
    signal(target, name)
    await until(() => !isAlive(target) && this.identity?.pid !== target.pid, DRAIN_LIMIT_MS)
  }

  setPaused(paused: boolean): void {
    if (!this.identity) return
    signal(this.identity, paused ? 'SIGSTOP' : 'SIGCONT')
    this.state = paused ? 'paused' : 'unready'
  }

  #unwant(): void {
    this.#wanted = false
    clearTimeout(this.#restartTimer)
    if (this.state === 'backoff') this.state = 'stopped'
  }

  #launch(): void {
    const { cwd, env, logFile, nodeOptions, onChange } = this.spec
    const log = openSync(logFile, 'a')
    // A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which then drains in order.
    const child = spawn(nodeBinary, [...nodeOptions, 'src/main.ts'], { cwd, env: env(), stdio: ['ignore', log, log], detached: true })
    closeSync(log)
    this.#child = child
    this.state = 'starting'
    this.#startedAtMs = Date.now()
    child.once('exit', (code, name) => this.#onExit(child, name ? `signal ${name}` : `code ${code}`))
    child.once('error', (error) => this.#onExit(child, error.message))
    this.identity = child.pid === undefined ? undefined : identify(child.pid)
    onChange()
    this.#watch(child, WATCH_STARTING_MS)
  }

  #onExit(child: ChildProcess, how: string): void {
    if (this.#child !== child) return
    const neverReady = this.state === 'starting'
    this.#child = undefined
    this.identity = undefined
    this.#lastExit = how
    if (this.#wanted) this.#scheduleRestart(neverReady)
    else this.state = 'stopped'
    this.spec.onChange()
  }

  #scheduleRestart(neverReady: boolean): void {
    this.state = 'backoff'
    if (neverReady) this.failedStarts += 1
    if (Date.now() - this.#startedAtMs > STEADY_MS) this.#backoffMs = BACKOFF_MIN_MS
    this.#restartTimer = setTimeout(() => {
      this.#restarts += 1
      this.#launch()
    }, this.#backoffMs)
    this.#backoffMs = Math.min(this.#backoffMs * 2, BACKOFF_MAX_MS)
  }

  #become(state: ProcessState): void {
    this.state = state
    this.spec.onChange()
  }

  /** Asks /readyz: often while starting, seldom later. */
  #watch(child: ChildProcess, delayMs: number): void {
    const timer = setTimeout(async () => {
      const ready = this.state !== 'paused' && (await isReady(this.spec.ports.opsPort))
      if (this.#child !== child) return
      if (ready && (this.state === 'starting' || this.state === 'unready')) this.#become('ready')
      else if (!ready && this.state === 'ready') this.#become('unready')
      this.#watch(child, this.state === 'ready' ? WATCH_READY_MS : WATCH_STARTING_MS)
    }, delayMs)
    timer.unref()
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
