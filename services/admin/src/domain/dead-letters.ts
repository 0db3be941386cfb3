import type { CallOptions } from '@alcove/client'
import {
  consumingServices,
  type ConsumingService,
  type DeadLetter,
  type DeadLetterDetail,
  type JsonPatch,
  type ReplayReport,
  type ReplayResult,
} from '@alcove/contracts'

/** How replays are asked for, of one letter or many. */
export interface ReplayOrder {
  transform?: JsonPatch
  dryRun?: boolean
  actorUserId: string
}

/** The dead letters of each consuming service. Every call rejects with a `DependencyError` when the service does not answer. */
export interface DeadLetterSources {
  /** Newest first, older than `before`. */
  list(service: ConsumingService, query: { type?: string; before?: string; limit: number }, options: CallOptions): Promise<DeadLetter[]>
  find(service: ConsumingService, id: string, options: CallOptions): Promise<DeadLetterDetail | undefined>
  replayMany(
    service: ConsumingService,
    order: ReplayOrder & { type?: string; after?: string; limit: number; ratePerSecond?: number },
    options: CallOptions,
  ): Promise<ReplayReport>
  replay(service: ConsumingService, order: ReplayOrder & { id: string }, options: CallOptions): Promise<ReplayResult | undefined>
  /** False: it has none of that id. */
  discard(service: ConsumingService, order: { id: string; actorUserId: string }, options: CallOptions): Promise<boolean>
}

/** The services that a filter names: all of them, one, or none where a service handles no events. */
export function selectServices(name: string | undefined): readonly ConsumingService[] {
  return name === undefined ? consumingServices : consumingServices.filter((service) => service === name)
}

/** A page over all services, newest first (ids are in order of time), and who did not answer. */
export async function listDeadLetters(
  sources: Pick<DeadLetterSources, 'list'>,
  query: { service?: string; type?: string; before?: string; limit: number },
  options: CallOptions,
): Promise<{ items: DeadLetter[]; hasMore: boolean; missing: ConsumingService[] }> {
  const services = selectServices(query.service)
  const { type, before, limit } = query
  const answers = await Promise.allSettled(services.map((service) => sources.list(service, { type, before, limit: limit + 1 }, options)))
  const failed = answers.flatMap((answer, index) => (answer.status === 'rejected' ? [{ service: services[index]!, error: answer.reason as Error }] : []))
  // Asked for by name, its silence is the answer.
  const fatal = failed.find(({ error }) => query.service !== undefined || !isSilence(error))
  if (fatal) throw fatal.error
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])).sort((left, right) => (left.id < right.id ? 1 : -1))
  return { items: found.slice(0, limit), hasMore: found.length > limit, missing: failed.map(({ service }) => service) }
}

/**
 * Asks every service at once for the one letter that only one of them can have. Undefined: all answered, and none has it;
 * when one did not answer it may be there, so its silence is thrown.
 */
export async function askHolder<T>(ask: (service: ConsumingService) => Promise<T | undefined>): Promise<T | undefined> {
  const answers = await Promise.allSettled(consumingServices.map(ask))
  const held = answers.find((answer) => answer.status === 'fulfilled' && answer.value !== undefined)
  if (held?.status === 'fulfilled') return held.value
  const errors = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as Error] : []))
  const [error] = [...errors.filter((one) => !isSilence(one)), ...errors]
  if (error) throw error
  return undefined
}

/** Where a run over several services goes on. */
export interface ReplayPosition {
  service: ConsumingService
  /** Behind this letter; from the service's first one when absent. */
  after?: string
}

/** Which letters are replayed, and how. */
export interface ReplayRun extends ReplayOrder {
  service?: string
  type?: string
  from?: ReplayPosition
  limit: number
  ratePerSecond?: number
}

/** What a run came to; `next` null: no letter is left. */
export interface ReplayOutcome {
  items: ReplayResult[]
  refused: { service: ConsumingService; detail: string }[]
  next: ReplayPosition | null
}

/**
 * Replays service by service, since the rate is meant over all of them; ends when `limit` letters were tried or `hasTime`
 * is false. A service that refuses or does not answer is told in `refused` and the others go on, unless it was asked for by name.
 */
export async function replayDeadLetters(
  deps: { sources: Pick<DeadLetterSources, 'replayMany'>; hasTime: () => boolean },
  { service: name, from, limit, ...order }: ReplayRun,
  options: CallOptions,
): Promise<ReplayOutcome> {
  const outcome: ReplayOutcome = { items: [], refused: [], next: null }
  const services = selectServices(name)
  for (const service of services.slice(Math.max(0, from ? services.indexOf(from.service) : 0))) {
    let after = service === from?.service ? from.after : undefined
    for (let goesOn = true; goesOn; goesOn = after !== undefined) {
      const left = limit - outcome.items.length
      if (left === 0 || !deps.hasTime()) return { ...outcome, next: { service, after } }
      const report = await deps.sources.replayMany(service, { ...order, after, limit: left }, options).catch((error: Error) => {
        if (!isExpected(error) || (name !== undefined && outcome.items.length === 0)) throw error
        outcome.refused.push({ service, detail: isSilence(error) ? `${service} does not answer.` : error.message })
        return undefined
      })
      outcome.items.push(...(report?.items ?? []))
      after = report?.nextAfter ?? undefined
    }
  }
  return outcome
}

function isSilence(error: Error): boolean {
  return error.name === 'DependencyError'
}

function isExpected(error: Error): boolean {
  return isSilence(error) || error.name === 'ProblemError'
}
