import type { LimitedClient } from './client-table.ts'

/** So many requests in any stretch of so many seconds. */
export interface Window {
  name: string
  requests: number
  windowSeconds: number
}

export interface LimitState {
  window: Window
  remaining: number
  /** Until the oldest counted request leaves the window. */
  resetSeconds: number
}

export interface LimitVerdict {
  allowed: boolean
  /** The window with the least left, or the one that refused. */
  tightest: LimitState
}

/** Counts what clients use. */
export interface Limiter {
  take(client: LimitedClient, windows: readonly Window[]): LimitVerdict | Promise<LimitVerdict>
}

const units: Record<string, number> = { s: 1, min: 60, h: 3600 }

export const generalWindows: readonly Window[] = [
  { name: 'second', requests: 10, windowSeconds: 1 },
  { name: 'ten-seconds', requests: 100, windowSeconds: 10 },
  { name: 'minute', requests: 1000, windowSeconds: 60 },
]
/** A window of its own for some routes, besides the general ones. */
interface RouteLimit {
  /** A route as it is registered, and those below it. What a client writes is never looked at: one route has many spellings. */
  route: string
  /** Absent: every method. */
  method?: string
  /** Whom requests count for. `source`: the address alone, whatever token comes along, where a token says nothing about who guesses. */
  by: 'client' | 'source'
  window: Window
}

/** Where guessing or spending is at stake. */
const routeLimits: readonly RouteLimit[] = [
  { route: '/api/v1/payments', by: 'client', window: { name: 'payments', requests: 10, windowSeconds: 60 } },
  { route: '/api/v1/auth/login', by: 'source', window: { name: 'login', requests: 10, windowSeconds: 60 } },
  // Each sends a mail to an address that anybody may name.
  { route: '/api/v1/auth/register', by: 'source', window: { name: 'register', requests: 5, windowSeconds: 60 } },
  { route: '/api/v1/auth/password/forgot', by: 'source', window: { name: 'forgot', requests: 5, windowSeconds: 60 } },
]

/** Reads `RATE_LIMITS`: undefined for `off`; a list replaces the general windows. */
export function parseRateLimits(text: string): readonly Window[] | undefined {
  if (text === 'off') return undefined
  if (text === '') return generalWindows
  return text.split(',').map((part) => {
    const [, requests, count, unit] = /^(\d+)\/(\d*)(s|min|h)$/.exec(part)!
    const windowSeconds = Math.max(1, Number(count || 1)) * units[unit!]!
    return { name: `${windowSeconds}s`, requests: Math.max(1, Number(requests)), windowSeconds }
  })
}

/** What a request counts as. */
export interface CountedRequest {
  client: LimitedClient
  windows: readonly Window[]
}

/** Who asks, and for which route; `route` is undefined where none matched. */
export interface EdgeRequest {
  method: string
  route: string | undefined
  userId: string | undefined
  source: LimitedClient
}

/** Whom a request counts for, and in which windows. */
export function toCountedRequest(general: readonly Window[], { method, route, userId, source }: EdgeRequest): CountedRequest {
  const limit = route === undefined ? undefined : routeLimits.find((each) => covers(each, route, method))
  const client = userId === undefined || limit?.by === 'source' ? source : { key: `person ${userId}` }
  return { client, windows: limit ? [limit.window, ...general] : general }
}

function covers(limit: RouteLimit, route: string, method: string): boolean {
  return (route === limit.route || route.startsWith(`${limit.route}/`)) && (limit.method === undefined || limit.method === method)
}

/** Instants of the last requests in a ring that grows up to the limit: an exact sliding window. */
class Log {
  #times = new Float64Array(16)
  #head = 0
  size = 0

  dropBefore(ms: number): void {
    while (this.size > 0 && this.#times[this.#head]! <= ms) {
      this.#head = (this.#head + 1) % this.#times.length
      this.size -= 1
    }
  }

  get oldest(): number {
    return this.#times[this.#head]!
  }

  push(ms: number): void {
    if (this.size === this.#times.length) this.#grow()
    this.#times[(this.#head + this.size) % this.#times.length] = ms
    this.size += 1
  }

  #grow(): void {
    const larger = new Float64Array(this.#times.length * 2)
    for (let index = 0; index < this.size; index += 1) larger[index] = this.#times[(this.#head + index) % this.#times.length]!
    this.#times = larger
    this.#head = 0
  }
}

/** What a client has used of each window. */
export class ClientUsage {
  readonly #logs = new Map<string, Log>()

  /**
   * Counts a request unless a window is full; a refused request is not counted, so a client that slows down gets through.
   */
  take(windows: readonly Window[], nowMs: number): LimitVerdict {
    let tightest: LimitState | undefined
    for (const window of windows) {
      const log = this.#logOf(window)
      log.dropBefore(nowMs - window.windowSeconds * 1000)
      const full = log.size >= window.requests
      const resetSeconds = Math.max(1, Math.ceil(((log.size > 0 ? log.oldest : nowMs) + window.windowSeconds * 1000 - nowMs) / 1000))
      const remaining = full ? 0 : window.requests - log.size - 1
      if (full) return { allowed: false, tightest: { window, remaining, resetSeconds } }
      if (!tightest || remaining < tightest.remaining) tightest = { window, remaining, resetSeconds }
    }
    for (const window of windows) this.#logOf(window).push(nowMs)
    return { allowed: true, tightest: tightest! }
  }

  #logOf(window: Window): Log {
    let log = this.#logs.get(window.name)
    if (!log) this.#logs.set(window.name, (log = new Log()))
    return log
  }
}
