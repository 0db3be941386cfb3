import {
  discardOwnDeadLetter,
  getOwnDeadLetter,
  listOwnDeadLetters,
  replayOwnDeadLetter,
  replayOwnDeadLetters,
  type ConsumingService,
  type DeadLetter as ShownLetter,
  type DeadLetterDetail,
} from '@alcove/contracts'
import { addOperation, forbidden, notFound, toInstant, type RequestContext } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import { setTimeout as sleep } from 'node:timers/promises'
import { findDeadLetter, listDeadLetters, type DeadLetter } from './dead-letters.ts'
import { replayDeadLetters, tryDeadLetter } from './replay-many.ts'
import { discardDeadLetter, replayDeadLetter, type Actor, type DeadLetterDeps } from './replay.ts'

/** One request replays for this long at most, well within admin's own limit. */
const budgetMs = 5000
const limitDefault = 100

/** Mounts the internal routes of a consumer's dead letters; only admin may call them, which asks for the person's role. */
export function addDeadLetterRoutes(app: FastifyInstance, service: ConsumingService, deps: DeadLetterDeps): void {
  addReadRoutes(app, service, deps)
  addReplayRoutes(app, service, deps)
  addOperation(app, discardOwnDeadLetter(service), async ({ params, body }, ctx) => {
    assertAdmin(ctx)
    await discardDeadLetter(deps, { id: params.id, actor: toActor(body, ctx) })
    return { status: 204 }
  })
}

function addReadRoutes(app: FastifyInstance, service: ConsumingService, { pool }: DeadLetterDeps): void {
  addOperation(app, listOwnDeadLetters(service), async ({ query }, ctx) => {
    assertAdmin(ctx)
    const letters = await listDeadLetters(pool, query)
    return { status: 200, body: { items: letters.map((letter) => showLetter(service, letter)) } }
  })
  addOperation(app, getOwnDeadLetter(service), async ({ params }, ctx) => {
    assertAdmin(ctx)
    const letter = await findDeadLetter(pool, params.id)
    if (!letter) throw notFound('There is no such dead letter.')
    return { status: 200, body: showDetail(service, letter) }
  })
}

function addReplayRoutes(app: FastifyInstance, service: ConsumingService, deps: DeadLetterDeps): void {
  addOperation(app, replayOwnDeadLetters(service), async ({ body }, ctx) => {
    assertAdmin(ctx)
    const until = performance.now() + budgetMs
    const { actorUserId: _, limit = limitDefault, dryRun = false, ...rest } = body
    const hasTime = () => performance.now() < until && !ctx.signal.aborted
    const report = await replayDeadLetters(deps, { ...rest, limit, dryRun, actor: toActor(body, ctx), hasTime, pause: (ms) => sleep(ms) })
    return { status: 200, body: { ...report, items: report.items.map((item) => ({ ...item, service })) } }
  })
  addOperation(app, replayOwnDeadLetter(service), async ({ params: { id }, body }, ctx) => {
    assertAdmin(ctx)
    const { transform } = body
    if (!body.dryRun) {
      const outcome = await replayDeadLetter(deps, { id, transform, actor: toActor(body, ctx) })
      return { status: 200, body: { id, service, outcome, error: null } }
    }
    const outcome = await tryDeadLetter(deps, { id, transform })
    if (!outcome) throw notFound('There is no such dead letter.')
    return { status: 200, body: { ...outcome, service } }
  })
}

/** The graph lets every declared caller in; what is done here is admin's alone. */
function assertAdmin(ctx: RequestContext): void {
  if (ctx.caller !== 'admin') throw forbidden('Only admin may do this.')
}

function toActor({ actorUserId }: { actorUserId: string }, { requestId, traceparent }: RequestContext): Actor {
  return { userId: actorUserId, requestId, traceparent }
}

function showLetter(service: ConsumingService, letter: DeadLetter): ShownLetter {
  const { id, eventId, type, topic, key, partition, reason, code, error, failures } = letter
  return {
    id,
    service,
    eventId,
    type,
    topic,
    key,
    partition,
    offset: Number(letter.offset),
    reason,
    code,
    error,
    attempts: failures,
    diedAt: toInstant(letter.diedAt),
  }
}

function showDetail(service: ConsumingService, letter: DeadLetter): DeadLetterDetail {
  const { message, trace } = letter
  const event = parse(message)
  const traceparent = (event as { traceparent?: unknown } | null)?.traceparent
  return { ...showLetter(service, letter), message, event, traceparent: typeof traceparent === 'string' ? traceparent : null, trace }
}

/** Null for what is not JSON. */
function parse(message: string): unknown {
  try {
    return JSON.parse(message)
  } catch {
    return null
  }
}
