import type { FastifyInstance } from 'fastify'
import type { IncomingMessage } from 'node:http'
import { malformed, ProblemError } from './errors.ts'

/** The largest body any route reads. */
export const bodyBytesMax = 256 * 1024

/**
 * Makes JSON the only media type an application reads. An empty body is `undefined`; `__proto__` stays an ordinary member,
 * which closed schemas then refuse by name (JSON.parse never sets a prototype).
 */
export function addJsonParser(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: bodyBytesMax }, (request, text, done) => {
    const encoding = request.headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') {
      done(new ProblemError('unsupported-media-type', 'Compressed bodies are not read.'), undefined)
      return
    }
    if (text.length === 0) {
      done(null, undefined)
      return
    }
    let body: unknown
    try {
      body = JSON.parse(text as string)
    } catch (cause) {
      done(
        new ProblemError('malformed', 'The body is not valid JSON.', { errors: [{ pointer: '', code: 'json', detail: 'is not valid JSON' }], cause }),
        undefined,
      )
      return
    }
    done(null, body)
  })
}

/** Body of a route that describes none: nothing, or an empty object. */
export function assertNoBody(body: unknown): void {
  if (body === undefined) return
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw malformed([{ pointer: '', code: 'type', detail: 'must be absent or {}' }])
  const errors = Object.keys(body).map((name) => ({
    pointer: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    code: 'unknown-member',
    detail: 'There is no such member.',
  }))
  if (errors.length > 0) throw malformed(errors.slice(0, 100))
}

const drainBytesMax = 8 * 1024 * 1024

/**
 * Reads and forgets what a client is still sending, within limits, so that it gets to read an early answer: closing a
 * socket with unread data resets the connection, and the client sees the reset instead of the 413.
 */
export function drainRequest(request: IncomingMessage, timeoutMs = 2000): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    let bytes = 0
    const finish = () => {
      clearTimeout(timer)
      request.off('data', count).off('end', finish).off('close', finish).off('error', finish)
      resolve()
    }
    const count = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > drainBytesMax) finish()
    }
    const timer = setTimeout(finish, timeoutMs)
    request.on('data', count).once('end', finish).once('close', finish).once('error', finish)
    request.resume()
  })
}
