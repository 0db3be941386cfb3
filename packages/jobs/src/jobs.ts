import type { Lifecycle, Logger } from '@alcove/kit'
import { Logger as WorkerLogger, run, runMigrations, type JobHelpers, type Runner, type TaskList, type WorkerEvents } from 'graphile-worker'
import type { Pool } from 'pg'
import { EventEmitter } from 'node:events'
import { announce, createWorkerTable, releaseStale, withdraw } from './stale.ts'

/** Work that time makes due. It asks the database what is due at the product's clock; running late or twice is harmless. */
export interface Sweep {
  /** kebab-case verb and noun: `expire-holds`. */
  name: string
  /** Real seconds between the end of one run and the next, whichever replica runs it. */
  everySeconds: number
  /** After this the signal aborts; a job locked for longer is given to another replica. */
  timeLimitSeconds: number
  run: (signal: AbortSignal) => Promise<void>
}

/** Options of {@link createJobs}. */
export interface JobsOptions {
  /** The service's own database. One connection listens for jobs as long as the process runs. */
  pool: Pool
  log: Pick<Logger, 'warn' | 'debug' | 'error'>
  service: string
  sweeps: readonly Sweep[]
  /** Most sweeps that run at once in this process; default 3. */
  concurrency?: number
  /** How often an idle worker looks for due jobs; default 1000 ms. */
  pollMs?: number
  /** How often each process looks for lost jobs; default 5000 ms. */
  keepMs?: number
}

/** Jobs are never given up: a failed run is logged and the next one comes at its time. */
const ATTEMPTS_MAX = 32_767
const RESTART_MS = 1000

/**
 * Runs sweeps with graphile-worker in the service's own database: safe with any number of replicas, no leader. Each
 * sweep is one job that schedules its successor when it ends, so one replica runs it at a time. All times are
 * Node's real time. A worker that fails (database restarted) is started anew.
 */
export function createJobs(options: JobsOptions): Lifecycle & { start(): Promise<void>; stop(): Promise<void> } {
  const { pool, log, sweeps } = options
  const worker: Worker = {
    ...options,
    stopping: false,
    taskList: Object.fromEntries(sweeps.map((sweep) => [sweep.name, (_payload: unknown, helpers: JobHelpers) => runSweep(sweep, helpers, log)])),
  }
  let timer: NodeJS.Timeout | undefined
  return {
    name: 'jobs',
    phase: 'consumer',
    async start() {
      if (sweeps.length === 0) return
      startUntilDone(worker)
      timer = setInterval(() => {
        if (worker.runner) worker.keeping = keep(worker, worker.runner)
      }, options.keepMs ?? 5000)
    },
    async stop() {
      worker.stopping = true
      clearInterval(timer)
      await worker.starting
      await worker.keeping
      await worker.runner?.stop()
      if (worker.poolId)
        await withdraw(pool, worker.poolId).catch((error: unknown) => log.warn({ err: error }, 'the job worker could not be signed off; it will expire'))
    },
  }
}

interface Worker extends JobsOptions {
  taskList: TaskList
  stopping: boolean
  /** graphile-worker's name for the running pool: what it writes into the locks of jobs. */
  poolId?: string
  starting?: Promise<void>
  runner?: Runner
  keeping?: Promise<void>
}

function startUntilDone(worker: Worker): void {
  if (worker.stopping) return
  worker.starting = startRunner(worker).catch((error: unknown) => {
    worker.log.warn({ err: error }, 'the job worker could not be started; trying again')
    setTimeout(() => startUntilDone(worker), RESTART_MS).unref()
  })
}

async function startRunner(worker: Worker): Promise<void> {
  const { pool, log, sweeps, concurrency = 3, pollMs = 1000 } = worker
  await prepareSchema(pool)
  if (worker.stopping) return
  const events: WorkerEvents = new EventEmitter()
  events.on('pool:create', ({ workerPool }) => {
    worker.poolId = workerPool.id
  })
  const runner = await run({
    pgPool: pool,
    taskList: worker.taskList,
    parsedCronItems: [],
    concurrency: Math.min(concurrency, sweeps.length),
    pollInterval: pollMs,
    noHandleSignals: true,
    useNodeTime: true,
    logger: toWorkerLogger(log),
    events,
  })
  worker.runner = runner
  runner.promise.then(
    () => restart(worker, runner),
    (error: unknown) => restart(worker, runner, error),
  )
  await keep(worker, runner)
}

function restart(worker: Worker, runner: Runner, error?: unknown): void {
  if (worker.stopping || worker.runner !== runner) return
  worker.runner = undefined
  worker.log.warn({ err: error }, 'the job worker ended; starting another')
  setTimeout(() => startUntilDone(worker), RESTART_MS).unref()
}

/** Makes sure that every sweep has its job, and takes jobs from processes that were killed. */
async function keep({ pool, log, sweeps, poolId }: Worker, runner: Runner): Promise<void> {
  try {
    if (poolId) await announce(pool, poolId)
    await releaseStale(pool, { sweeps, now: new Date() })
    for (const { name } of sweeps) await runner.addJob(name, {}, { jobKey: name, jobKeyMode: 'unsafe_dedupe', maxAttempts: ATTEMPTS_MAX })
  } catch (error) {
    log.warn({ err: error }, 'the jobs could not be looked after; trying again')
  }
}

async function runSweep(sweep: Sweep, helpers: JobHelpers, log: JobsOptions['log']): Promise<void> {
  const signal = AbortSignal.any([AbortSignal.timeout(sweep.timeLimitSeconds * 1000), helpers.abortSignal])
  try {
    await sweep.run(signal)
  } catch (error) {
    log.error({ err: error, sweep: sweep.name }, 'a sweep failed; it runs again at its next time')
  }
  const runAt = new Date(Date.now() + sweep.everySeconds * 1000)
  await helpers.addJob(sweep.name, {}, { jobKey: sweep.name, runAt, maxAttempts: ATTEMPTS_MAX })
}

/** graphile-worker's own migrations, one process at a time; replicas that come later find them done. */
async function prepareSchema(pool: Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query("SELECT pg_advisory_lock(hashtextextended('alcove.jobs', 0))")
    await runMigrations({ pgPool: pool })
    await createWorkerTable(client)
  } finally {
    await client.query("SELECT pg_advisory_unlock(hashtextextended('alcove.jobs', 0))").catch(() => undefined)
    client.release()
  }
}

/** Its "Completed task" lines every second are of interest to nobody. */
function toWorkerLogger(log: JobsOptions['log']): WorkerLogger {
  return new WorkerLogger(() => (level, message, meta) => {
    if (level === 'error') log.error({ ...meta, err: meta?.error }, message)
    else if (level === 'warning') log.warn({ ...meta }, message)
    else log.debug({}, message)
  })
}
