import { problems, type Problem } from '@alcove/contracts'
import { DependencyError, dependencyUnavailable, ProblemError, type FieldError } from './errors.ts'

const frameworkProblems: Record<string, [slug: ProblemError['slug'], detail: string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['payload-too-large', 'The body is larger than 256 KiB.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported-media-type', 'Send JSON with Content-Type: application/json.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['malformed', 'The body does not have the announced length.'],
  FST_ERR_BAD_URL: ['malformed', 'The path is not correctly percent-encoded.'],
  FST_ERR_MAX_PARAM_LENGTH: ['not-found', 'There is nothing here.'],
  FST_ERR_NOT_FOUND: ['not-found', 'There is nothing here.'],
}

const connectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  '57P01',
  '57P02',
  '57P03',
  '57014',
  '53300',
  '53400',
])
const prismaConnection = /^P(1001|1002|1008|1017|2024|2037)$/
const driverKinds = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections', 'TlsConnectionError'])
const poolMessages =
  /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|pool is draining|Cannot use a pool after calling end/

/** Whether an error says that PostgreSQL could not be reached or gave up, as `pg` and Prisma report it. */
export function isDatabaseUnavailable(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 3) return false
  const { code, kind, message, cause, errors } = error as { code?: unknown; kind?: unknown; message?: unknown; cause?: unknown; errors?: unknown }
  if (typeof code === 'string' && (connectionCodes.has(code) || code.startsWith('08') || prismaConnection.test(code))) return true
  if (typeof kind === 'string' && driverKinds.has(kind)) return true
  if (typeof message === 'string' && poolMessages.test(message)) return true
  if (Array.isArray(errors) && errors.some((inner) => isDatabaseUnavailable(inner, depth + 1))) return true
  return isDatabaseUnavailable(cause, depth + 1)
}

/** What is told to the caller about any error; what was not foreseen is `internal` and says nothing. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  // A service makes its own requests: one that cannot be sent is its own fault.
  if (error instanceof DependencyError && error.reason === 'unsendable') return new ProblemError('internal', internalDetail, { cause: error })
  if (error instanceof DependencyError) return dependencyUnavailable(error.callee, error.retryAfterSeconds, error)
  const { code, statusCode } = (typeof error === 'object' && error !== null ? error : {}) as { code?: string; statusCode?: number }
  const known = code === undefined ? undefined : frameworkProblems[code]
  if (known) return new ProblemError(known[0], known[1], { cause: error })
  if (isDatabaseUnavailable(error)) return dependencyUnavailable('database', 2, error)
  // Fastify's remaining client errors are all about a request it could not read.
  if (code?.startsWith('FST_ERR_CTP') || (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)) {
    return new ProblemError('malformed', 'The request could not be read.', { cause: error })
  }
  return new ProblemError('internal', internalDetail, { cause: error })
}

const internalDetail = 'Something went wrong on our side.'

/** 400 and 422 always say where the fault is: `''` means the request as a whole. */
function listErrors({ status, slug, detail, errors }: ProblemError): readonly FieldError[] | undefined {
  if (errors || (status !== 400 && status !== 422)) return errors
  return [{ pointer: '', code: slug, detail }]
}

/** The body of a problem answer. */
export function renderProblem(problem: ProblemError, at: { instance: string; requestId: string; now: Date }): Problem {
  const errors = listErrors(problem)
  return {
    type: `/problems/${problem.slug}`,
    title: problems[problem.slug].title,
    status: problem.status,
    detail: problem.detail,
    instance: at.instance,
    requestId: at.requestId,
    timestamp: at.now.toISOString().slice(0, 19) + 'Z',
    ...problem.members,
    ...(errors ? { errors: [...errors] } : {}),
  }
}
