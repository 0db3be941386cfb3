import { Counter, type Registry } from 'prom-client'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { BaseConfig } from './config.ts'

/**
 * How long a client inside Alcove keeps a connection it does not use. A draining server leaves idle connections alone for twice as
 * long, so that the client lets go first: nobody ever writes a request into a connection that is just being closed.
 */
export const connectionIdleMs = 1000
/** Beyond this a request is answered with 431; Node itself would drop the rest in silence. */
export const headersMax = 100
/** Request line and headers together; Node's own default, named so that the answer can name it. */
export const headerBytesMax = 16 * 1024
/** How often Node looks for connections that are past their time. */
export const connectionsCheckMs = 1000

const quietPollMs = 25

/** How a server deals with its connections; the defaults are those of `baseConfigSchema`. */
export type ConnectionLimits = Pick<
  BaseConfig,
  'HEADERS_TIMEOUT_MS' | 'REQUEST_TIMEOUT_MS' | 'KEEP_ALIVE_TIMEOUT_MS' | 'STALLED_ANSWER_TIMEOUT_MS' | 'CONNECTIONS_MAX'
>

/** Why a connection was ended, for the metric. */
export type CutReason = 'headers-too-large' | 'request-timeout' | 'malformed' | 'stalled-answer' | 'too-many'

export type CutCounter = Counter<'reason'>

/** Connections ended by this side because of what their client did or did not do. */
export function cutCounter(registry: Registry): CutCounter {
  const name = 'http_connections_cut_total'
  const existing = registry.getSingleMetric(name)
  if (existing) return existing as CutCounter
  return new Counter({ name, help: 'Connections ended because of their client, by reason', labelNames: ['reason'], registers: [registry] })
}

/** Knows which connections of a server are idle, and since when. */
export interface ConnectionWatch {
  /** Resolves when no connection has been idle for less than this: whoever still holds one has no use for it, or is answered. */
  quiet(idleMs: number): Promise<void>
  /** Ends connections that have been idle for so long. */
  closeIdle(idleMs: number): void
}

interface Watched {
  /** Whether a request ever came; until then the time for headers is the one that counts. */
  used: boolean
  requests: number
  idleSince: number
}

const unknown: Watched = { used: false, requests: 0, idleSince: 0 }

/**
 * Ends connections that cost something and bring nothing: headers or a body that do not arrive, idle ones, answers that nobody reads, and all beyond
 * the limit. A connection whose request is being worked on is left alone: that one has a deadline. To be called before the server listens.
 */
export function watchConnections(server: Server, limits: ConnectionLimits, cut?: CutCounter): ConnectionWatch {
  const open = watch(server)
  server.headersTimeout = limits.HEADERS_TIMEOUT_MS
  server.requestTimeout = limits.REQUEST_TIMEOUT_MS
  server.keepAliveTimeout = limits.KEEP_ALIVE_TIMEOUT_MS
  server.maxConnections = limits.CONNECTIONS_MAX
  server.on('drop', () => cut?.inc({ reason: 'too-many' }))
  // Counts from the last byte either way, also the bytes that leave in the middle of a large write.
  server.timeout = limits.STALLED_ANSWER_TIMEOUT_MS
  server.on('timeout', (socket: Socket) => {
    const stalled = socket.writableLength > 0
    const { used, requests } = open.get(socket) ?? unknown
    if (!stalled && (requests > 0 || !used)) return
    if (stalled) cut?.inc({ reason: 'stalled-answer' })
    socket.destroy()
  })
  const listIdle = (isDue: (idleForMs: number) => boolean): Socket[] => {
    const now = performance.now()
    return [...open].flatMap(([socket, { requests, idleSince }]) => (requests === 0 && isDue(now - idleSince) ? [socket] : []))
  }
  return {
    async quiet(idleMs) {
      // Never without a pause: a connection that the kernel has taken and Node has not yet accepted would be reset with the listener.
      do await new Promise((resolve) => setTimeout(resolve, quietPollMs))
      while (listIdle((idleForMs) => idleForMs < idleMs).length > 0)
    },
    closeIdle(idleMs) {
      for (const socket of listIdle((idleForMs) => idleForMs >= idleMs)) socket.destroy()
    },
  }
}

function watch(server: Server): ReadonlyMap<Socket, Watched> {
  const open = new Map<Socket, Watched>()
  server.on('connection', (socket: Socket) => {
    open.set(socket, { ...unknown, idleSince: performance.now() })
    socket.once('close', () => open.delete(socket))
  })
  server.on('request', (request, response) => {
    const watched = open.get(request.socket)
    if (!watched) return
    watched.used = true
    watched.requests += 1
    response.once('close', () => {
      watched.requests -= 1
      watched.idleSince = performance.now()
    })
  })
  return open
}
