import { createClient, ErrorReply } from '@redis/client'
import type { Lifecycle, Logger, Registry } from '@alcove/kit'
import { Counter, Gauge } from 'prom-client'

export interface RedisOptions {
  /** `redis://` or, with TLS, `rediss://`, with user and password if need be. */
  url: string
  /** How long a request waits for an answer. */
  timeoutMs: number
  log: Logger
  metrics: Registry
}

const settings = { RESP: 2, disableOfflineQueue: true, disableClientInfo: true, maintNotifications: 'disabled', commandsQueueMaxLength: 2000 } as const
const connectTimeoutMs = 2000
const retryMs = 250
/** Answers in a row that did not come in time before the connection is given up: one may be this process's own pause. */
const lateMax = 3

function open(url: string) {
  return createClient({ ...settings, url, socket: { connectTimeout: connectTimeoutMs, reconnectStrategy: false } })
}
export type RedisConnection = ReturnType<typeof open>

/** What all replicas of the gateway have in common. No request ever fails or waits long because of it. */
export interface Redis extends Lifecycle {
  /** What the work brings; undefined when Redis is away, refuses, or is too slow. */
  run<T>(work: (connection: RedisConnection) => Promise<T>): Promise<T | undefined>
  isUp(): boolean
}

/**
 * A Redis that may be away at any time, from the start on. Then nothing is even tried but a new connection, four times a second, and everything goes on as
 * soon as one answers.
 */
export function createRedis({ url, timeoutMs, log, metrics }: RedisOptions): Redis {
  const { failures, upGauge } = createRedisMetrics(metrics)
  let connection: RedisConnection | undefined
  let late = 0
  let stopped = false
  let complained = false

  function setUp(next: RedisConnection | undefined): void {
    if (connection) discard(connection)
    connection = next
    late = 0
    upGauge.set(next ? 1 : 0)
  }

  function lose(lost: RedisConnection, err: unknown): void {
    if (lost !== connection) return
    setUp(undefined)
    log.warn({ err: describe(err) }, 'Redis is away: limits and kept answers are this process’s own')
    void connect()
  }

  async function connect(): Promise<void> {
    while (!stopped && !connection) {
      const next = open(url)
      next.on('error', (err: unknown) => lose(next, err))
      if (await isAnswering(next, log)) setUp(next)
      else await new Promise((resolve) => setTimeout(resolve, retryMs))
    }
    if (stopped) setUp(undefined)
    else log.info('Redis is there: limits and kept answers are common to all replicas')
  }

  function fail(used: RedisConnection, err: unknown): undefined {
    failures.inc()
    if (err instanceof ErrorReply) {
      // It is there and says no (out of memory, read-only): another connection would hear the same.
      if (!complained) log.warn({ err: describe(err) }, 'Redis refuses')
      complained = true
    } else if (!(err instanceof LateError) || ++late >= lateMax) lose(used, err)
    return undefined
  }

  return {
    name: 'redis',
    phase: 'adapter',
    start: async () => void connect(),
    stop: async () => {
      stopped = true
      setUp(undefined)
    },
    isUp: () => connection !== undefined,
    async run(work) {
      const used = connection
      if (!used) return undefined
      try {
        const result = await withTimeout(work(used), timeoutMs)
        late = 0
        complained = false
        return result
      } catch (err) {
        return fail(used, err)
      }
    },
  }
}

function createRedisMetrics(registry: Registry): { failures: Counter; upGauge: Gauge } {
  const registers = [registry]
  const failures = new Counter({ name: 'alcove_gateway_redis_failures_total', help: 'Questions to Redis without a usable answer', registers })
  const upGauge = new Gauge({ name: 'alcove_gateway_redis_up', help: '1 while limits and kept answers are common to all replicas', registers })
  return { failures, upGauge }
}

async function isAnswering(connection: RedisConnection, log: Logger): Promise<boolean> {
  try {
    await withTimeout(
      connection.connect().then(() => connection.ping()),
      connectTimeoutMs,
    )
    return true
  } catch (err) {
    log.debug({ err: describe(err) }, 'Redis is not there yet')
    discard(connection)
    return false
  }
}

class LateError extends Error {}

async function withTimeout<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  // What has arrived while this process was busy is looked at before it counts as late.
  const timer = setTimeout(() => setImmediate(() => reject(new LateError(`no answer within ${timeoutMs} ms`))), timeoutMs)
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

function discard(connection: RedisConnection): void {
  try {
    connection.destroy()
  } catch {
    // It was never open.
  }
}

/** An error of the client may hold the address with its password. */
function describe(err: unknown): string {
  return err instanceof Error ? `${err.name} ${(err as NodeJS.ErrnoException).code ?? (err instanceof ErrorReply ? err.message : '')}`.trim() : 'unknown'
}
