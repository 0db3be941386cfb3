import type { AnswerSink } from '@alcove/client'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingHttpHeaders } from 'node:http'
import { answerBytesMax, toAnswerKey, type AnswerOwner, type KeptAnswer, type StaleAnswers } from './stale-answers.ts'
import { isForEverybody, type RoutedOperation } from './routing.ts'

/** A read whose answer may be kept, and under which name. */
export interface Keepable {
  key: string
  /** Whose own writes make what was read before unusable; absent on what anybody may read without a token. */
  owner: AnswerOwner | undefined
}

/** What of an answer's head is kept; the rest belongs to its moment. */
const keptHeaders = ['content-type', 'etag', 'last-modified', 'content-language', 'cache-control', 'link'] as const

/**
 * The name of a request's answer; undefined where none may be kept. A person's answers carry person, session and roles in it, so that they end with the
 * session, and nobody else ever finds them. A client's `no-store` is obeyed; `no-cache`, which browsers send with every reload, is a preference that
 * nothing can meet while the service is away.
 */
export function findKeepable(routed: RoutedOperation, request: FastifyRequest, path: string): Keepable | undefined {
  const { rule, operation } = routed
  const { principal } = request.edge!
  const wishes = request.headers['cache-control'] ?? ''
  if (!rule.stale || operation.method !== 'GET' || /\bno-store\b/i.test(wishes)) return undefined
  const owner = principal && { userId: principal.userId, service: rule.service }
  const read = [rule.service, path, request.headers.accept ?? '']
  // What only some roles may read is a person's even where it is the same for all of them: the service judges the role, and it is away.
  if (isForEverybody(routed)) return { key: toAnswerKey(['everybody', ...read]), owner }
  if (!principal) return undefined
  const { userId, sessionId, roles } = principal
  return { key: toAnswerKey(['person', userId, sessionId, [...roles].sort().join(' '), ...read]), owner }
}

function isKeepable(status: number, headers: IncomingHttpHeaders): boolean {
  if (status !== 200 || headers['set-cookie'] !== undefined || headers['content-encoding'] !== undefined) return false
  if (/\b(no-store|no-cache|must-revalidate|proxy-revalidate)\b/i.test(headers['cache-control'] ?? '')) return false
  // `Accept` is part of the key; whatever else an answer depends on is not.
  return /^\s*(accept\s*)?$/i.test(headers.vary ?? '')
}

/** Passes an answer on and keeps it when it is whole. What was kept before goes when the service says anything else than that it cannot answer. */
export function keepingSink(
  inner: AnswerSink,
  answers: StaleAnswers,
  { key, requestedAtMs, isHead }: { key: string; requestedAtMs: number; isHead: boolean },
): AnswerSink {
  let chunks: Buffer[] | undefined
  let bytes = 0
  let headers: Record<string, string> = {}
  return {
    onHead(status, head) {
      if (!isHead && isKeepable(status, head)) {
        chunks = []
        headers = Object.fromEntries(keptHeaders.flatMap((name) => (typeof head[name] === 'string' ? [[name, head[name]]] : [])))
      } else if (!isHead && status !== 304 && status !== 429 && status < 500) answers.drop(key)
      inner.onHead(status, head)
    },
    onData(chunk, resume) {
      bytes += chunk.length
      if (bytes > answerBytesMax) chunks = undefined
      chunks?.push(chunk)
      return inner.onData(chunk, resume)
    },
    onEnd() {
      if (chunks) answers.keep(key, { requestedAtMs, headers, body: Buffer.concat(chunks, bytes) })
      else if (bytes > answerBytesMax) answers.drop(key)
      inner.onEnd()
    },
    onBreak: (error) => inner.onBreak(error),
  }
}

/** Statuses by which a service says that something it needs is away. */
const dependencyStatuses = new Set([502, 503, 504])

/** Holds an answer back that says no more than that the service cannot answer: there may be a better one. */
export function holdingSink(inner: AnswerSink): { sink: AnswerSink; held(): Promise<{ release(): void } | undefined> } {
  let held: { status: number; headers: IncomingHttpHeaders; chunks: Buffer[] } | undefined
  const over = Promise.withResolvers<void>()
  const release = () => {
    const { status, headers, chunks } = held!
    inner.onHead(status, headers)
    for (const chunk of chunks) inner.onData(chunk, () => undefined)
    inner.onEnd()
  }
  const sink: AnswerSink = {
    onHead(status, headers) {
      if (dependencyStatuses.has(status)) held = { status, headers, chunks: [] }
      else inner.onHead(status, headers)
    },
    onData(chunk, resume) {
      if (!held) return inner.onData(chunk, resume)
      held.chunks.push(chunk)
      return true
    },
    onEnd() {
      if (held) over.resolve()
      else inner.onEnd()
    },
    onBreak(error) {
      if (held) over.reject(error)
      else inner.onBreak(error)
    },
  }
  return { sink, held: async () => (held ? over.promise.then(() => ({ release })) : undefined) }
}

/** Answers with what was kept, and says so: its age in seconds, and 304 where the client has it already. */
export function sendKept(reply: FastifyReply, answer: KeptAnswer, { routed, nowMs }: { routed: RoutedOperation; nowMs: number }): void {
  const { request } = reply
  const { service } = routed.rule
  const { 'cache-control': cacheControl, ...headers } = answer.headers
  reply.headers(headers)
  if (isForEverybody(routed)) reply.removeHeader('cache-control')
  if (cacheControl !== undefined && !reply.hasHeader('cache-control')) reply.header('cache-control', cacheControl)
  reply.header('x-gateway-service', service)
  reply.header('x-cache', 'stale')
  reply.header('age', String(Math.max(0, Math.floor((nowMs - answer.requestedAtMs) / 1000))))
  if (reply.server.alcove.draining) reply.header('connection', 'close')
  if (isKnown(request.headers['if-none-match'], answer.headers.etag)) {
    reply.code(304).removeHeader('content-type').send()
    return
  }
  reply.code(200).send(answer.body)
}

/** RFC 9110, 13.1.2: weak comparison. */
function isKnown(header: string | undefined, etag: string | undefined): boolean {
  if (header === undefined || etag === undefined) return false
  const plain = (tag: string) => tag.trim().replace(/^W\//, '')
  return header.trim() === '*' || header.split(',').some((tag) => plain(tag) === plain(etag))
}
