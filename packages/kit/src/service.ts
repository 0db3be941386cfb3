import { getServiceStatus, type ServiceName, type ServiceStatus } from '@alcove/contracts'
import type { FastifyInstance } from 'fastify'
import type { Server } from 'node:http'
import type { Registry } from 'prom-client'
import type { Static, TObject, TSchema } from 'typebox'
import { createConfiguredAuthenticator, type Authenticator } from './authenticator.ts'
import { addCallerLimit } from './caller-limit.ts'
import { createClock, type Clock } from './clock.ts'
import { ConfigError, loadConfig, type BaseConfig } from './config.ts'
import { withDemoClock } from './demo-clock.ts'
import { connectionIdleMs, watchConnections, type ConnectionWatch } from './connections.ts'
import { createKillPoints, type KillPoints } from './kill-points.ts'
import { createLogger, type Logger } from './log.ts'
import { toSafeMessage } from './log-error.ts'
import { createMetrics } from './metrics.ts'
import { addOperation } from './operation.ts'
import { recordOutgoing } from './outgoing.ts'
import { createOpsServer, runChecks, type Check, type OpsState } from './ops.ts'
import type { RecordingOptions } from './recording.ts'
import type { Tracing } from './tracing.ts'

/**
 * When a part stops while draining: consumers first, then what requests use, then the relay, the broker, databases and clients (`adapter`), and
 * last what tells of all that.
 */
const phases = ['consumer', 'request', 'relay', 'broker', 'adapter', 'telemetry'] as const

/** Something with a life of its own inside a process. Started in order once the app listens; stopped by phase when draining. */
export interface Lifecycle {
  name: string
  phase: (typeof phases)[number]
  /** A start that fails is tried again until it succeeds, and those after it wait: what it needs may come up later than this process. */
  start?(): Promise<void>
  stop?(): Promise<void>
  pause?(): void | Promise<void>
  resume?(): void | Promise<void>
  /** Internal routes that come with it; called before the application listens. */
  addRoutes?(app: FastifyInstance): void
}

export interface ServiceParts {
  app: FastifyInstance
  /** Each must resolve for the process to be ready. */
  readiness: Record<string, Check>
  /** What only the service can say of itself in `GET /internal/status`. */
  status?: () => Promise<Partial<ServiceStatus>>
  /** Opens or closes the breaker around a callee, under test controls; false when there is none. */
  forceBreaker?: (callee: string, state: 'open' | 'closed') => boolean
  lifecycles: Lifecycle[]
}

export interface BuildContext<C> {
  config: C
  log: Logger
  metrics: Registry
  clock: Clock
  killPoints: KillPoints
  authenticator: Authenticator
  /** For clients and events; requests and statements are traced by OpenTelemetry's instrumentations. Undefined where nothing is traced. */
  tracing: Tracing | undefined
}

export interface ServiceDefinition<P extends Record<string, TSchema>> {
  name: ServiceName
  configSchema: TObject<P>
  build(ctx: BuildContext<Static<TObject<P>> & BaseConfig>): Promise<ServiceParts> | ServiceParts
  /** For tests; `process.env` otherwise. */
  env?: Record<string, string | undefined>
}

const startRetryMs = 250
const startRetryMaxMs = 5000

/**
 * Runs a service as this process: reads the configuration (all problems printed, exit 1), builds, listens (started), starts its parts however
 * long what they need is away (ready only afterwards), and drains on SIGTERM or SIGINT:
 * unready, consumers stop and commit, requests in flight are answered with `connection: close`, the relay empties, then broker, databases
 * and telemetry close, exit 0.
 * A second signal ends the process at once.
 */
export async function runService<P extends Record<string, TSchema>>(definition: ServiceDefinition<P>): Promise<void> {
  const config = readConfig(definition)
  const log = createLogger({ service: definition.name, version: config.SERVICE_VERSION, level: config.LOG_LEVEL })
  const state: OpsState = { started: false, draining: false }
  process.on('unhandledRejection', (reason) => fail(log, reason, 'unhandled rejection'))
  process.on('uncaughtException', (error) => fail(log, error, 'uncaught exception'))
  try {
    const metrics = createMetrics({ service: definition.name, version: config.SERVICE_VERSION })
    const testControls = config.TEST_CONTROLS === 'on'
    const killPoints = createKillPoints({ enabled: testControls })
    const outgoing = testControls ? recordOutgoing() : undefined
    const authenticator = createConfiguredAuthenticator(definition.name, config, metrics)
    const clock = buildClock(config)
    const tracing = await loadTracing({ service: definition.name, config, log })
    const parts = await definition.build({ config, log, metrics, clock, killPoints, authenticator, tracing })
    parts.app.alcove.demoClockSecret = config.DEMO_CLOCK_SECRET
    // The gateway's configuration has none.
    if (config.CALLER_LIMIT) addCallerLimit(parts.app, config.CALLER_LIMIT)
    if (tracing) {
      parts.lifecycles.push({ name: 'traces', phase: 'telemetry', stop: () => tracing.stop() })
    }
    addStatusRoute(definition.name, config, parts)
    for (const lifecycle of parts.lifecycles) lifecycle.addRoutes?.(parts.app)
    const controls = outgoing
      ? { killPoints, outgoing, setConsumersPaused: (paused: boolean) => setConsumersPaused(parts.lifecycles, paused), forceBreaker: parts.forceBreaker }
      : undefined
    const ops = createOpsServer({ metrics, state, checks: { parts: async () => assertComplete(state), ...parts.readiness }, controls })
    watchConnections(ops, config)
    const connections = watchConnections(parts.app.server, config, parts.app.alcove.cut)
    await listen(ops, config)
    onSignal(() => drain({ parts, connections, ops, state, config, log }), log)
    await parts.app.listen({ host: config.HOST, port: config.PORT })
    state.started = true
    log.info({ port: config.PORT, opsPort: config.OPS_PORT }, 'started')
    await startLifecycles(parts.lifecycles, state, log)
  } catch (error) {
    fail(log, error, 'could not start')
  }
}

function readConfig<P extends Record<string, TSchema>>(definition: ServiceDefinition<P>): Static<TObject<P>> & BaseConfig {
  try {
    return loadConfig(definition.configSchema, definition.env ?? process.env) as Static<TObject<P>> & BaseConfig
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${definition.name}: ${error.message}\n`)
    process.exit(1)
  }
}

/** Loaded only when configured: an untraced process has nothing of it in memory. */
async function loadTracing(options: RecordingOptions): Promise<Tracing | undefined> {
  if (options.config.OTEL_EXPORTER_OTLP_ENDPOINT === '') return undefined
  const { startRecording } = await import('./recording.ts')
  return startRecording(options)
}

function buildClock(config: BaseConfig): Clock {
  const clock = createClock({ file: config.CLOCK_FILE })
  return config.DEMO_CLOCK_SECRET ? withDemoClock(clock) : clock
}

function fail(log: Logger, error: unknown, what: string): void {
  const { code, port } = (error ?? {}) as { code?: string; port?: number }
  const message = code === 'EADDRINUSE' ? `port ${port} is already in use by another process` : what
  log.fatal({ err: error }, message)
  process.stderr.write(`${message}: ${toSafeMessage(error)}\n`)
  process.exit(1)
}

function listen(server: Server, config: BaseConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.OPS_PORT, config.HOST, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** In order, each until it succeeds: a dependency that is away costs readiness, never the process. */
async function startLifecycles(lifecycles: readonly Lifecycle[], state: OpsState, log: Logger): Promise<void> {
  for (const lifecycle of lifecycles) {
    state.waitingFor = lifecycle.name
    for (let failures = 0; lifecycle.start && !state.draining;) {
      try {
        await lifecycle.start()
        break
      } catch (err) {
        failures += 1
        log.warn({ err, part: lifecycle.name }, 'a part could not be started; trying again')
        await new Promise((resolve) => setTimeout(resolve, Math.min(startRetryMaxMs, startRetryMs * 2 ** (failures - 1))))
      }
    }
  }
  state.waitingFor = undefined
}

function assertComplete({ waitingFor }: OpsState): void {
  if (waitingFor !== undefined) throw new Error(`not started yet: ${waitingFor}`)
}

function addStatusRoute(name: ServiceName, config: BaseConfig, parts: ServiceParts): void {
  addOperation(parts.app, getServiceStatus(name), async () => {
    const [readiness, own]: [ServiceStatus['checks'], Partial<ServiceStatus>] = await Promise.all([runChecks(parts.readiness), parts.status?.() ?? {}])
    // What a service can do without for a while (its transport) is no reason to be unready, but one not to be well.
    const checks = { ...readiness, ...own.checks }
    const health = Object.values(checks).every((check) => check.ok) ? 'ok' : 'degraded'
    const body = { name, version: config.SERVICE_VERSION, health, breakers: [], consumerLag: 0, outboxAgeSeconds: 0, deadLetters: 0, ...own, checks }
    return { status: 200, body: body as ServiceStatus }
  })
}

async function setConsumersPaused(lifecycles: Lifecycle[], paused: boolean): Promise<void> {
  for (const lifecycle of lifecycles) await (paused ? lifecycle.pause?.() : lifecycle.resume?.())
}

function onSignal(begin: () => Promise<void>, log: Logger): void {
  let begun = false
  const receive = (signal: NodeJS.Signals) => {
    if (begun) {
      log.warn({ signal }, 'second signal: leaving at once')
      process.exit(1)
    }
    begun = true
    begin().then(
      () => process.exit(0),
      (error: unknown) => fail(log, error, 'could not drain'),
    )
  }
  process.on('SIGTERM', receive)
  process.on('SIGINT', receive)
}

interface Draining {
  parts: ServiceParts
  connections: ConnectionWatch
  ops: Server
  state: OpsState
  config: BaseConfig
  log: Logger
}

/** Twice as long as clients inside keep an unused connection: theirs are gone by then, whatever else keeps one has had its time. */
const idleMs = 2 * connectionIdleMs

/** Ends a process without losing what it accepted; each phase begins when the one before is done or the time is up. */
async function drain({ parts, connections, ops, state, config, log }: Draining): Promise<void> {
  const until = performance.now() + config.DRAIN_TIMEOUT_MS
  const within = async (what: string, work: Promise<unknown>, limitMs = Number.POSITIVE_INFINITY): Promise<boolean> => {
    const { promise: late, resolve } = Promise.withResolvers<'late'>()
    const timer = setTimeout(() => resolve('late'), Math.max(0, Math.min(limitMs, until - performance.now())))
    const outcome = await Promise.race([work.catch((err: unknown) => log.error({ err, what }, 'did not stop cleanly')), late])
    clearTimeout(timer)
    return outcome !== 'late'
  }
  const end = async (what: string, work: Promise<unknown>) => {
    if (!(await within(what, work))) log.error({ what }, 'did not stop in time')
  }
  const stop = async (phase: Lifecycle['phase']) => {
    const members = parts.lifecycles.filter((lifecycle) => lifecycle.phase === phase).reverse()
    await Promise.all(members.map((lifecycle) => end(lifecycle.name, Promise.resolve(lifecycle.stop?.()))))
  }
  log.info('draining')
  state.draining = true
  parts.app.alcove.draining = true
  // Until load balancers have noticed, new requests come; each answer from now on ends its connection.
  await new Promise((resolve) => setTimeout(resolve, config.DRAIN_DELAY_MS))
  await stop('consumer')
  await within('idle connections', connections.quiet(idleMs), 2 * idleMs)
  const sweep = setInterval(() => connections.closeIdle(idleMs), sweepMs)
  await end('requests', Promise.resolve(parts.app.close()))
  clearInterval(sweep)
  for (const phase of phases.slice(1)) await stop(phase)
  ops.closeAllConnections()
  await end('operations port', new Promise((resolve) => ops.close(resolve)))
  log.info('drained')
}

/** A connection may become idle after the listener closed: without this it would be kept until its client lets go. */
const sweepMs = 50
