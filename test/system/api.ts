import type { Booking } from '@alcove/contracts'
import { Agent, request } from 'undici'
import type { Stack } from '../../scripts/supervisor/types.ts'

export interface Answer<T = Record<string, unknown>> {
  status: number
  body: T
  headers: Record<string, string | string[] | undefined>
  /** Monotonic, only for reports: no test asserts it. */
  tookMs: number
}

export interface CallOptions {
  token?: string
  body?: unknown
  headers?: Record<string, string>
  /** Another base than the gateway: a service's own address. */
  base?: string
  signal?: AbortSignal
}

/** A person with a token, as a test speaks for them. */
export interface Session {
  token: string
  refreshToken: string
  userId: string
  call<T = Record<string, unknown>>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>>
}

/** Whoever reaches a gateway, wherever it runs. */
export interface Client {
  call<T = Record<string, unknown>>(method: string, path: string, options?: CallOptions): Promise<Answer<T>>
  /** Logs a demo person in through the gateway: `member`, `member2`, `operator`, `admin`. */
  login(name: string): Promise<Session>
  close(): Promise<void>
}

export interface Api extends Client {
  stack: Stack
}

/** Speaks to a running stack through its gateway, as a client would. */
export const connect = (stack: Stack): Api => ({ stack, ...connectTo(stack.urls.gateway) })

/** The same for a gateway of which only the address is known. */
export function connectTo(gatewayUrl: string): Client {
  const agent = new Agent({ connections: 128, pipelining: 1, headersTimeout: 60_000, bodyTimeout: 60_000 })
  const call: Client['call'] = async <T>(method: string, path: string, options: CallOptions = {}) => {
    const startedAt = performance.now()
    const headers: Record<string, string> = { accept: 'application/json', ...options.headers }
    if (options.token) headers.authorization = `Bearer ${options.token}`
    if (options.body !== undefined) headers['content-type'] = 'application/json'
    const answer = await request(`${options.base ?? gatewayUrl}${path}`, {
      method: method as 'GET',
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      dispatcher: agent,
      signal: options.signal,
    })
    const text = await answer.body.text()
    return { status: answer.statusCode, headers: answer.headers, body: (text ? JSON.parse(text) : {}) as T, tookMs: performance.now() - startedAt }
  }
  return {
    call,
    close: () => agent.destroy(),
    async login(name) {
      const answer = await call<{ accessToken: string; refreshToken: string }>('POST', '/api/v1/auth/login', {
        body: { email: `${name}@alcove.test`, password: 'alcove-demo' },
      })
      if (answer.status !== 200) throw new Error(`login of ${name}: ${answer.status} ${JSON.stringify(answer.body)}`)
      const token = answer.body.accessToken
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }
      return {
        token,
        refreshToken: answer.body.refreshToken,
        userId: claims.sub,
        call: (method, path, body, headers) => call(method, path, { token, body, headers }),
      }
    },
  }
}

/** Polls until `find` returns something, at first often and later less so; the limit is generous because machines are shared. */
export async function eventually<T>(what: string, find: () => Promise<T | undefined | false | null>, limitMs = 60_000): Promise<T> {
  const from = Date.now()
  let lastError: unknown
  while (Date.now() < from + limitMs) {
    try {
      const found = await find()
      if (found) return found
    } catch (error) {
      lastError = error
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(500, 100 + (Date.now() - from) / 10)))
  }
  throw new Error(`not within ${limitMs} ms: ${what}`, { cause: lastError })
}

export type BookingAnswer = Answer<Booking & { type?: string; dependency?: string; conflicts?: unknown[]; alternatives?: unknown[] }>
