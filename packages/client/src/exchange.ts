import { DependencyError, type DependencyReason } from '@alcove/kit'
import type { ServiceName } from '@alcove/contracts'
import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher, Pool } from 'undici'

export interface ExchangeRequest {
  callee: ServiceName
  method: string
  path: string
  headers: Record<string, string | string[]>
  body: string | Buffer | null
  timeoutMs: number
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
  onBreak(error: DependencyError): void
}

/** An error of ours that says nothing about the callee: the caller gave up. It does not count against the breaker. */
export class CallerGoneError extends DependencyError {
  constructor(callee: ServiceName, sent: boolean, cause: unknown) {
    super(callee, { sent, reason: 'timeout', cause })
    this.name = 'CallerGoneError'
  }
}

const answerBytesMax = 32 * 1024 * 1024

/** What an error of undici's means for the caller; without `onRequestStart` nothing was written to any socket. */
function toDependencyError(callee: ServiceName, error: Error, sent: boolean): DependencyError {
  if (error instanceof DependencyError) return error
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const reason: DependencyReason = /TIMEOUT|ETIMEDOUT/.test(code) ? 'timeout' : sent ? 'reset' : 'refused'
  return new DependencyError(callee, { sent, reason, cause: error })
}

/**
 * One request on a pool, with its answer given to a sink. Resolves with the head's status as soon as the head is there.
 * @throws {DependencyError} no head came; `sent` is false only when no byte was written to a connection
 */
export function exchange(pool: Pool, request: ExchangeRequest, sink: AnswerSink): Promise<number> {
  const { callee, signal } = request
  return new Promise((resolve, reject) => {
    let sent = false
    let headed = false
    let over = false
    let controller: Dispatcher.DispatchController | undefined

    const finish = (): boolean => {
      if (over) return false
      over = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', leave)
      request.onOver?.()
      return true
    }
    const fail = (error: DependencyError) => {
      if (!finish()) return
      if (headed) sink.onBreak(error)
      else reject(error)
      controller?.abort(error)
    }
    const leave = () => fail(new CallerGoneError(callee, sent, signal?.reason))
    const timer = setTimeout(() => fail(new DependencyError(callee, { sent, reason: 'timeout' })), request.timeoutMs)
    if (signal?.aborted) {
      leave()
      return
    }
    signal?.addEventListener('abort', leave, { once: true })

    pool.dispatch(
      { method: request.method as Dispatcher.HttpMethod, path: request.path, headers: request.headers, body: request.body, headersTimeout: 0, bodyTimeout: 0 },
      {
        onRequestStart(started) {
          controller = started
          // Given up while waiting for a connection: nothing is written.
          if (over) started.abort(new Error('given up before it was sent'))
          else sent = true
        },
        onResponseStart(_started, status, headers) {
          if (over || status < 200) return
          headed = true
          sink.onHead(status, headers)
          resolve(status)
        },
        onResponseData(started, chunk) {
          if (over) return
          if (!sink.onData(chunk, () => started.resume())) started.pause()
        },
        onResponseEnd() {
          if (finish()) sink.onEnd()
        },
        onResponseError(_started, error) {
          fail(toDependencyError(callee, error, sent))
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
        if (bytes > answerBytesMax) throw new Error('the answer is larger than 32 MiB')
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
