import { CalleeProblem, type ServiceClient } from '@alcove/client'
import { discardOwnDeadLetter, getOwnDeadLetter, listOwnDeadLetters, replayOwnDeadLetter, replayOwnDeadLetters, type ConsumingService } from '@alcove/contracts'
import { ProblemError } from '@alcove/kit'
import type { DeadLetterSources } from '../domain/dead-letters.ts'

/** Replays work for some seconds; with the last effect's own time they stay below this. */
const replayTimeoutMs = 12_000

const byService = <O>(define: (service: ConsumingService) => O) => {
  const known = new Map<ConsumingService, O>()
  return (service: ConsumingService): O => {
    let operation = known.get(service)
    if (!operation) known.set(service, (operation = define(service)))
    return operation
  }
}
const operations = {
  list: byService(listOwnDeadLetters),
  find: byService(getOwnDeadLetter),
  replayMany: byService(replayOwnDeadLetters),
  replay: byService(replayOwnDeadLetter),
  discard: byService(discardOwnDeadLetter),
}

/** The dead letters of each consumer, asked over its internal routes. What a consumer refuses, it refuses in its own words. */
export function createDeadLetterSources(client: ServiceClient): DeadLetterSources {
  return {
    list: async (service, query, options) => (await pass(() => client.call(operations.list(service), { query }, options))).body.items,
    find: async (service, id, options) => (await passFound(() => client.call(operations.find(service), { params: { id } }, options)))?.body,
    replayMany: async (service, body, options) =>
      (await pass(() => client.call(operations.replayMany(service), { body }, { ...options, timeoutMs: replayTimeoutMs }))).body,
    replay: async (service, { id, ...body }, options) =>
      (await passFound(() => client.call(operations.replay(service), { params: { id }, body }, { ...options, timeoutMs: replayTimeoutMs })))?.body,
    discard: async (service, { id, ...body }, options) =>
      (await passFound(() => client.call(operations.discard(service), { params: { id }, body }, options))) !== undefined,
  }
}

async function pass<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof CalleeProblem) throw new ProblemError(error.slug, error.problem.detail, { cause: error })
    throw error
  }
}

/** Undefined: the service has no such letter. */
async function passFound<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await pass(call)
  } catch (error) {
    if (error instanceof ProblemError && error.slug === 'not-found') return undefined
    throw error
  }
}
