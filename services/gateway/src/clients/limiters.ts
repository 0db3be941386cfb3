import { createHash, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { ClientUsage, type Limiter, type LimitVerdict } from '../domain/rate-limits.ts'
import type { Redis, RedisConnection } from './redis.ts'

const clientsMax = 20_000

/** Counts in this process's memory; at once. */
export function createLocalLimiter(): Limiter & { take(...args: Parameters<Limiter['take']>): LimitVerdict } {
  const usage = new LRUCache<string, ClientUsage>({ max: clientsMax })
  return {
    take(client, windows) {
      let used = usage.get(client)
      if (!used) usage.set(client, (used = new ClientUsage()))
      return used.take(windows, performance.now())
    },
  }
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

/** Counts for all replicas together; while Redis is away, in this process alone. */
export function createSharedLimiter(redis: Redis, local: Limiter): Limiter {
  const replica = randomBytes(6).toString('base64url')
  let requests = 0
  return {
    async take(client, windows) {
      requests += 1
      const name = `${replica}${requests.toString(36)}`
      const keys = windows.map((window) => `alcove:limit:{${client}}:${window.name}`)
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
