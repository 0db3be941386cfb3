import { DependencyError } from '@alcove/kit'
import type { ServiceName } from '@alcove/contracts'
import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher, Pool } from 'undici'
import { assertSendable, CallerGoneError, CutShortError, toFault } from './faults.ts'

export interface ExchangeRequest {
  callee: ServiceName
  method: string
  path: string
  headers: Record<string, string | string[]>
  body: string | Buffer | null
  timeoutMs: number
  /** Whether running into `timeoutMs` says something about the callee: false where a caller made it shorter than the callee's own limit. */
  timeoutCounts: boolean
  signal?: AbortSignal
  /** Called exactly once, when nothing more will happen. */
  onOver?: () => void
}

/** Where an answer goes, piece by piece; `onData` returns false to be given no more until it calls `resume`. */
export interface AnswerSink {
  onHead(status: number, headers: IncomingHttpHeaders): void
  onData(chunk: Buffer, resume: () => void): boolean
  onEnd(): void
  /** The answer broke off after its head. */
  onBreak(error: Error): void
}

const answerBytesMax = 32 * 1024 * 1024

/** What happens to one exchange, which ends once. */
interface Course {
  /** Nothing more will happen. */
  over: boolean
  /** Bytes may have been written to a connection. */
  sent: boolean
  controller?: Dispatcher.DispatchController
  fail(error: Error): void
  /** Does something with the sink. undici would take an error of the sink's for one of the connection. */
  give<T>(work: () => T): T | undefined
  /** The head was given to the sink. */
  resolve(status: number): void
  finish(): void
}

/** Ends the exchange at its time limit and when its caller leaves. */
function follow(request: ExchangeRequest, sink: AnswerSink, { resolve, reject }: { resolve(status: number): void; reject(error: Error): void }): Course {
  const { callee, signal, timeoutMs, timeoutCounts } = request
  let headed = false
  const course: Course = {
    over: false,
    sent: false,
    fail(error) {
      if (course.over) return
      course.finish()
      if (headed) sink.onBreak(error)
      else reject(error)
      course.controller?.abort(error)
    },
    give(work) {
      try {
        return work()
      } catch (error) {
        course.fail(error as Error)
        return undefined
      }
    },
    resolve(status) {
      headed = true
      resolve(status)
    },
    finish() {
      course.over = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', leave)
      request.onOver?.()
    },
  }
  const leave = () => course.fail(new CallerGoneError(callee, course.sent, signal?.reason))
  const expire = () =>
    course.fail(timeoutCounts ? new DependencyError(callee, { sent: course.sent, reason: 'timeout' }) : new CutShortError(callee, course.sent))
  const timer = setTimeout(expire, timeoutMs)
  course.give(() => assertSendable(request))
  if (signal?.aborted) leave()
  else signal?.addEventListener('abort', leave, { once: true })
  return course
}

/**
 * One request on a pool, with its answer given to a sink. Resolves with the head's status as soon as the head is there.
 * @throws {DependencyError} no head came; `sent` is false only when no byte was written to a connection
 * @throws what the sink throws: the fault is on this side, and the answer is given up
 */
export function exchange(pool: Pool, request: ExchangeRequest, sink: AnswerSink): Promise<number> {
  const { method, path, headers, body, callee } = request
  return new Promise((resolve, reject) => {
    const course = follow(request, sink, { resolve, reject })
    if (course.over) return
    pool.dispatch(
      { method: method as Dispatcher.HttpMethod, path, headers, body, headersTimeout: 0, bodyTimeout: 0 },
      {
        onRequestStart(started) {
          course.controller = started
          // Given up while waiting for a connection: nothing is written.
          if (course.over) started.abort(new Error('given up before it was sent'))
          else course.sent = true
        },
        onResponseStart(_started, status, answerHeaders) {
          if (course.over || status < 200) return
          course.give(() => sink.onHead(status, answerHeaders))
          if (!course.over) course.resolve(status)
        },
        onResponseData(started, chunk) {
          if (course.over) return
          if (course.give(() => sink.onData(chunk, () => started.resume())) === false) started.pause()
        },
        onResponseEnd() {
          if (course.over) return
          course.give(() => sink.onEnd())
          if (!course.over) course.finish()
        },
        onResponseError(_started, error) {
          course.fail(toFault(callee, error, course.sent))
        },
      },
    )
  })
}

export interface CollectedAnswer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** One request whose whole answer is wanted as text. */
export function exchangeText(pool: Pool, request: ExchangeRequest): Promise<CollectedAnswer> {
  return new Promise((resolve, reject) => {
    const answer: CollectedAnswer = { status: 0, headers: {}, text: '' }
    const chunks: Buffer[] = []
    let bytes = 0
    const sink: AnswerSink = {
      onHead(status, headers) {
        answer.status = status
        answer.headers = headers
      },
      onData(chunk) {
        bytes += chunk.length
        if (bytes > answerBytesMax) {
          throw new DependencyError(request.callee, { sent: true, reason: 'reset', cause: new Error('the answer is larger than 32 MiB') })
        }
        chunks.push(chunk)
        return true
      },
      onEnd() {
        answer.text = chunks.length === 1 ? chunks[0]!.toString('utf8') : Buffer.concat(chunks, bytes).toString('utf8')
        resolve(answer)
      },
      onBreak: reject,
    }
    exchange(pool, request, sink).catch(reject)
  })
}
