import { createHash, randomBytes, randomInt } from 'node:crypto'
import { ClientTable, type LimitedClient } from '../domain/client-table.ts'
import { ClientUsage, type Limiter, type LimitVerdict, type Window } from '../domain/rate-limits.ts'
import type { Redis, RedisConnection } from './redis.ts'

/** The most of one network (IPv4 /24, IPv6 /48) are all addresses of a /24, or so many /64 of a /48: little of the table. */
const limits = { clientsMax: 20_000, networkClientsMax: 256 }

/** An entry for each person and each source, in tables of their own: strangers cost people nothing. */
function createTables<T>(create: (name: string) => T): (client: LimitedClient, windows: readonly Window[]) => T {
  const open = () => new ClientTable({ ...limits, seed: randomInt(2 ** 31), create })
  const [people, sources] = [open(), open()]
  return (client, windows) => {
    const keptMs = Math.max(...windows.map(({ windowSeconds }) => windowSeconds)) * 1000
    return (client.network === undefined ? people : sources).get(client, { nowMs: performance.now(), keptMs })
  }
}

export interface LocalLimiter extends Limiter {
  take(client: LimitedClient, windows: readonly Window[]): LimitVerdict
}

/** Counts in this process's memory; at once. */
export function createLocalLimiter(): LocalLimiter {
  const usageOf = createTables(() => new ClientUsage())
  return { take: (client, windows) => usageOf(client, windows).take(windows, performance.now()) }
}

/**
 * The same exact sliding windows as `ClientUsage`, one sorted set of instants each, judged and counted in one step for all replicas, by the server's own
 * clock. KEYS: the windows of a client. ARGV: a name for this request, then requests and length in microseconds of each window.
 * Answers allowed (0 or 1), the tightest window (from 1), what remains in it, microseconds until its oldest request leaves.
 */
const takeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local tightest, left, reset
for i, key in ipairs(KEYS) do
  local requests, length = tonumber(ARGV[i * 2]), tonumber(ARGV[i * 2 + 1])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now - length))
  local used = redis.call('ZCARD', key)
  local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
  local leaves = (oldest and tonumber(oldest) or now) + length - now
  if used >= requests then return {0, i, 0, leaves} end
  if not left or requests - used - 1 < left then tightest, left, reset = i, requests - used - 1, leaves end
end
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, string.format('%.0f', now), ARGV[1])
  redis.call('PEXPIRE', key, string.format('%.0f', ARGV[i * 2 + 1] / 1000))
end
return {1, tightest, left, reset}`
const takeSha = createHash('sha1').update(takeScript).digest('hex')

async function evaluate(connection: RedisConnection, options: { keys: string[]; arguments: string[] }): Promise<unknown> {
  try {
    return await connection.evalSha(takeSha, options)
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return connection.eval(takeScript, options)
  }
}

/**
 * Counts for all replicas together; while Redis is away, in this process alone. What each replica names in Redis is bounded as its own memory is, so that
 * nobody fills it with addresses.
 */
export function createSharedLimiter(redis: Redis, local: Limiter): Limiter {
  const replica = randomBytes(6).toString('base64url')
  const nameOf = createTables((name) => name)
  let requests = 0
  return {
    async take(client, windows) {
      requests += 1
      const name = `${replica}${requests.toString(36)}`
      const keys = windows.map((window) => `alcove:limit:{${nameOf(client, windows)}}:${window.name}`)
      const sizes = windows.flatMap((window) => [String(window.requests), String(window.windowSeconds * 1_000_000)])
      const answer = await redis.run((connection) => evaluate(connection, { keys, arguments: [name, ...sizes] }))
      if (!answer) return local.take(client, windows)
      const [allowed, tightest, remaining, leaves] = answer as [number, number, number, number]
      return {
        allowed: allowed === 1,
        tightest: { window: windows[tightest - 1]!, remaining, resetSeconds: Math.max(1, Math.ceil(leaves / 1_000_000)) },
      }
    },
  }
}
