import { problems, type BrokenRule, type ProblemSlug, type ServiceName } from '@alcove/contracts'

/** One broken field or rule; some rules add members (`nearest`, `offsets`). */
export interface FieldError {
  pointer: string
  code: string
  detail: string
  [member: string]: unknown
}

export interface ProblemOptions {
  /** Extension members of the answer: `conflicts`, `dependency`, … */
  members?: Record<string, unknown>
  errors?: readonly FieldError[]
  headers?: Record<string, string>
  /** For the log only. */
  cause?: unknown
}

/** An error that has a public answer (RFC 9457); `detail` is safe for users. */
export class ProblemError extends Error {
  readonly slug: ProblemSlug
  readonly status: number
  readonly detail: string
  readonly members?: Record<string, unknown>
  readonly errors?: readonly FieldError[]
  readonly headers?: Record<string, string>

  constructor(slug: ProblemSlug, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ProblemError'
    this.slug = slug
    this.status = problems[slug].status
    this.detail = detail
    this.members = options.members
    this.errors = options.errors
    this.headers = options.headers
  }
}

/** Makes the constructor of one kind of problem; status and title come from the catalogue in contracts. */
export function defineError(slug: ProblemSlug): (detail: string, options?: ProblemOptions) => ProblemError {
  return (detail, options) => new ProblemError(slug, detail, options)
}

export const malformed = (errors: readonly FieldError[], detail = 'One or more fields are not valid.') => new ProblemError('malformed', detail, { errors })
export const unauthenticated = (detail = 'A valid access token is required.') =>
  new ProblemError('unauthenticated', detail, { headers: { 'www-authenticate': 'Bearer' } })
export const forbidden = defineError('forbidden')
/** Also for what the caller may not see. */
export const notFound = (detail = 'There is nothing here.') => new ProblemError('not-found', detail)
export const illegalTransition = defineError('illegal-transition')
export const alreadyExists = defineError('already-exists')
export const versionStale = (detail = 'The resource has changed since you read it.') => new ProblemError('version-stale', detail)
export const preconditionRequired = (detail = 'Send If-Match with the ETag you read.') => new ProblemError('precondition-required', detail)

/** 422 with every broken rule at once; a rule may name the member it concerns. */
export function rulesBroken(rules: readonly (BrokenRule & { pointer?: string })[]): ProblemError {
  const errors = rules.map((rule) => ({ ...rule, pointer: rule.pointer ?? '' }))
  return new ProblemError('rules-broken', rules.map((rule) => rule.detail).join(' '), { errors })
}

/** 503 that names what is missing and when to try again. */
export function dependencyUnavailable(dependency: string, retryAfterSeconds = 5, cause?: unknown): ProblemError {
  return new ProblemError('dependency-unavailable', `${dependency} is not available at the moment.`, {
    members: { dependency },
    headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))) },
    cause,
  })
}

/** `ejected`: the registry knows it to be away. `unsendable`: the request itself was at fault. */
export type DependencyReason = 'open' | 'ejected' | 'bulkhead' | 'refused' | 'timeout' | 'reset' | 'status' | 'unsendable'

/**
 * A callee gave no usable answer. `sent: false`: the request certainly never reached it (breaker open, ejected, bulkhead full,
 * no connection); `sent: true`: it may have been carried out. Uncaught it becomes 503 `dependency-unavailable`.
 */
export class DependencyError extends Error {
  readonly callee: ServiceName
  readonly sent: boolean
  readonly reason: DependencyReason
  readonly retryAfterSeconds: number
  /** The status of an unusable answer (`reason: 'status'`). */
  readonly calleeStatus?: number

  constructor(callee: ServiceName, options: { sent: boolean; reason: DependencyReason; retryAfterSeconds?: number; calleeStatus?: number; cause?: unknown }) {
    super(`${callee} gave no answer (${options.reason}${options.calleeStatus ? ` ${options.calleeStatus}` : ''})`, { cause: options.cause })
    this.name = 'DependencyError'
    this.callee = callee
    this.sent = options.sent
    this.reason = options.reason
    this.retryAfterSeconds = options.retryAfterSeconds ?? 5
    this.calleeStatus = options.calleeStatus
  }
}
