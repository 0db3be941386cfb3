import type { ServiceName } from '@alcove/contracts'
import { DependencyError, headerBytesMax, headersMax, type DependencyReason } from '@alcove/kit'

/** The caller gave up. It says nothing about the callee. */
export class CallerGoneError extends DependencyError {
  constructor(callee: ServiceName, sent: boolean, cause: unknown) {
    super(callee, { sent, reason: 'timeout', cause })
    this.name = 'CallerGoneError'
  }
}

/** A request that cannot be sent as it is: the fault is in it, not in its callee, and nothing was sent. */
export class UnsendableRequestError extends DependencyError {
  /** `head-too-large`: the callee would refuse its request line and headers unread. */
  readonly fault: 'head-too-large' | 'invalid'

  constructor(callee: ServiceName, fault: UnsendableRequestError['fault'], cause?: unknown) {
    super(callee, { sent: false, reason: 'unsendable', cause })
    this.name = 'UnsendableRequestError'
    this.fault = fault
  }
}

/** A time limit passed that the caller had made shorter than the callee's own. It says nothing about the callee. */
export class CutShortError extends DependencyError {
  constructor(callee: ServiceName, sent: boolean) {
    super(callee, { sent, reason: 'timeout' })
    this.name = 'CutShortError'
  }
}

const calleeReasons = new Set<DependencyReason>(['refused', 'reset', 'timeout', 'status'])

/**
 * Whether an error is the callee's doing: refused, reset, no answer in its own time, 5xx. Nothing else counts for a breaker or the registry. An error about our
 * own request, a full bulkhead, a caller that left or gave too little time, and our own faults can all be brought about by one caller alone.
 */
export function isCalleeFault(error: unknown): error is DependencyError {
  if (!(error instanceof DependencyError) || error instanceof CallerGoneError || error instanceof CutShortError) return false
  return calleeReasons.has(error.reason)
}

/** undici's names for what the other side did. Its further ones are about the request, its arguments and its end by our own hand. */
const calleeCodes = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_INFO',
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_RES_EXCEEDED_MAX_SIZE',
])

/** What this process ran out of: no callee could have answered. */
const localCodes = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EADDRNOTAVAIL'])

function isOwnFault(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException
  if (error.name === 'HTTPParserError') return false
  if (code === undefined) return true
  if (code.startsWith('UND_ERR')) return !calleeCodes.has(code)
  // Node's own codes are about arguments, but for those of TLS.
  return localCodes.has(code) || (code.startsWith('ERR_') && !/^ERR_(TLS|SSL)/.test(code))
}

/** What an error of undici's means for the caller; `sent` is false as long as nothing was written to any socket. */
export function toFault(callee: ServiceName, error: Error, sent: boolean): Error {
  if (error instanceof DependencyError) return error
  if (isOwnFault(error)) return sent ? error : new UnsendableRequestError(callee, 'invalid', error)
  const { code = '' } = error as NodeJS.ErrnoException
  return new DependencyError(callee, { sent, reason: code.includes('TIMEOUT') || code === 'ETIMEDOUT' ? 'timeout' : sent ? 'reset' : 'refused', cause: error })
}

/** What undici adds to every request: host, connection, content-length; where traces are recorded, traceparent and tracestate. */
const addedHeaders = 5
const addedBytes = 512

/**
 * Refuses what undici would send and should not: a path that names another host; a head beyond a callee's measure, which ends the connection unread, as if
 * the callee broke it. @throws {UnsendableRequestError}
 */
export function assertSendable({ callee, path, headers }: { callee: ServiceName; path: string; headers: Record<string, string | string[]> }): void {
  if (!path.startsWith('/')) throw new UnsendableRequestError(callee, 'invalid')
  let count = addedHeaders
  let bytes = addedBytes + path.length
  for (const name in headers) {
    const values = headers[name]!
    for (const value of typeof values === 'string' ? [values] : values) {
      count += 1
      bytes += name.length + value.length
    }
  }
  if (count > headersMax || bytes > headerBytesMax) throw new UnsendableRequestError(callee, 'head-too-large')
}
