import type { RoleSchema } from '@alcove/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Logger } from './log.ts'
import { traceIdOf, traceparentOf } from './tracing.ts'

export type Role = Static<typeof RoleSchema>

/** The person behind a valid user token. */
export interface Principal {
  readonly userId: string
  readonly roles: readonly Role[]
  readonly sessionId: string
  /** The account's version when the token was made: a later change of roles is not in it. 0: a token that does not say. */
  readonly accountVersion?: number
  /** The access token itself, for calls on the person's behalf. */
  readonly token: string
}

/** Whether the person may do what operators may: `operator` or `admin`. */
export function isOperator(principal: Pick<Principal, 'roles'>): boolean {
  return principal.roles.includes('operator') || principal.roles.includes('admin')
}

/** Whether the person is an administrator. */
export function isAdmin(principal: Pick<Principal, 'roles'>): boolean {
  return principal.roles.includes('admin')
}

/** When the caller stops waiting, in real time. */
export interface Deadline {
  remainingMs(): number
}

/** The longest budget any request has; a longer or absent `X-Request-Deadline-Ms` means this. */
export const deadlineMaxMs = 30_000

/** A deadline some milliseconds from now. */
export function createDeadline(budgetMs: number = deadlineMaxMs): Deadline {
  const until = performance.now() + budgetMs
  return { remainingMs: () => Math.max(0, until - performance.now()) }
}

/** The budget a request brings, 0 when its time is up; anything but a whole number of milliseconds counts as absent. */
export function readBudgetMs(header: string | string[] | undefined, maxMs: number = deadlineMaxMs): number {
  if (typeof header !== 'string' || !/^\d{1,9}$/.test(header)) return maxMs
  return Math.min(Number(header), maxMs)
}

/** What a handler knows of its request beyond the validated input. */
export interface RequestContext {
  /** The caller; only on operations with access `user`, `operator` or `admin` (throws elsewhere). */
  readonly principal: Principal
  /** The caller when a valid token came along, also on public operations. */
  readonly optionalPrincipal: Principal | undefined
  /** The calling service on operations with access `service`. */
  readonly caller: string | undefined
  readonly requestId: string
  readonly traceparent: string
  readonly deadline: Deadline
  /** Aborts when the deadline passes or the client goes away. */
  readonly signal: AbortSignal
  /** Carries `requestId` and `trace_id`. */
  readonly log: Logger
  readonly raw: { request: FastifyRequest; reply: FastifyReply }
}

/**
 * The context of one request. Most requests use few of its members, so each is made on first use:
 * a child logger or an abort signal for every request would cost more than the rest of the kit.
 */
export class LazyRequestContext implements RequestContext {
  readonly raw: { request: FastifyRequest; reply: FastifyReply }
  readonly deadline: Deadline
  optionalPrincipal: Principal | undefined
  caller: string | undefined
  #log: Logger | undefined
  #abort: AbortController | undefined
  #abortReason: Error | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(request: FastifyRequest, reply: FastifyReply) {
    this.raw = { request, reply }
    this.deadline = createDeadline(readBudgetMs(request.headers['x-request-deadline-ms']))
  }

  get principal(): Principal {
    if (!this.optionalPrincipal) throw new Error('this operation asks for no user token')
    return this.optionalPrincipal
  }

  get requestId(): string {
    return this.raw.request.id
  }

  get traceparent(): string {
    return traceparentOf(this.raw.request)
  }

  get log(): Logger {
    this.#log ??= (this.raw.request.log as Logger).child({ requestId: this.requestId, trace_id: traceIdOf(this.raw.request) })
    return this.#log
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController()
      if (this.#abortReason) this.#abort.abort(this.#abortReason)
      else this.#watchClient()
    }
    return this.#abort.signal
  }

  #watchClient(): void {
    const { raw } = this.raw.reply
    const leave = () => {
      if (!raw.writableFinished) this.abort(new Error('the client went away'))
    }
    if (raw.closed) leave()
    else raw.once('close', leave)
  }

  abort(reason: Error): void {
    this.#abortReason ??= reason
    this.#abort?.abort(reason)
  }

  /** Calls back when the deadline passes, unless {@link settle} came first. */
  onExpiry(expired: () => void): void {
    this.#timer = setTimeout(expired, this.deadline.remainingMs())
  }

  settle(): void {
    clearTimeout(this.#timer)
  }
}
