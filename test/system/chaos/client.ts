import { randomUUID } from 'node:crypto'
import type { Answer, Client, Session } from '../api.ts'
import type { Tally } from './tally.ts'

/** What a client was told that it has: each must be found in the books afterwards. */
export interface Accepted {
  act: 'book' | 'hold' | 'change' | 'cancel' | 'check-in' | 'check-out'
  bookingId: string
  status: number
  /** Of the booking as it was answered. */
  version: number
  /** Of what was booked, for repeats. */
  key?: string
  body?: object
  token: string
}

export interface BookingReply {
  id: string
  status: string
  version: number
  type?: string
}

export interface ClientContext {
  api: Client
  member: Session
  /** Requests by act and final outcome. */
  requests: Tally
  /** Single tries by act and status, those that a client repeats included. */
  tries: Tally
  /** Nobody waits any longer: what has no answer by then is given up. */
  isOver: () => boolean
  random: () => number
}

export interface Command {
  act: string
  method: string
  path: string
  body?: object
  key?: string
  headers?: Record<string, string>
}

const deadlineMs = 6000
const restMsMin = 150
const restMsMax = 900

const isUsable = ({ status, body }: Answer<{ type?: string }>) => status < 500 && status !== 429 && body.type !== '/problems/idempotency-in-progress'

/**
 * Sends a command until it has a usable answer, as a client with an Idempotency-Key does; undefined when it gave up. A
 * broken connection, a 5xx and "still in progress" say nothing: the same request is sent again under the same key.
 */
export async function persist(ctx: ClientContext, command: Command): Promise<Answer<BookingReply> | undefined> {
  const { act, method, path, body, key = randomUUID(), headers } = command
  for (;;) {
    const reply = await tryOnce(ctx, { method, path, body, headers: { ...headers, 'idempotency-key': key } })
    ctx.tries.add(act, reply === undefined ? 'no answer' : String(reply.status))
    if (reply && isUsable(reply)) {
      ctx.requests.add(act, String(reply.status))
      return reply
    }
    if (ctx.isOver()) break
    await new Promise((resolve) => setTimeout(resolve, restMsMin + ctx.random() * (restMsMax - restMsMin)))
  }
  ctx.requests.add(act, 'given up')
  return undefined
}

async function tryOnce(
  { api, member }: ClientContext,
  { method, path, body, headers }: Omit<Command, 'act' | 'key'>,
): Promise<Answer<BookingReply> | undefined> {
  try {
    return await api.call<BookingReply>(method, path, {
      token: member.token,
      body,
      headers: { ...headers, 'x-request-deadline-ms': String(deadlineMs) },
      signal: AbortSignal.timeout(deadlineMs * 2),
    })
  } catch {
    return undefined
  }
}
