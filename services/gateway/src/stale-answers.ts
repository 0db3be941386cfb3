import type { ServiceName } from '@alcove/contracts'
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'

/** A service's answer to a safe read, kept for the time when the service is away. */
export interface KeptAnswer {
  /** When the service was asked, in real time: it shows the state of then or later. */
  requestedAtMs: number
  headers: Record<string, string>
  body: Buffer
}

/** Whose answers a kept one may stand in for. */
export interface AnswerOwner {
  userId: string
  service: ServiceName
}

/** A memory common to all replicas. Nothing here ever throws: one that is away has nothing. */
export interface SharedAnswers {
  find(key: string, owner: AnswerOwner | undefined): Promise<{ answer: KeptAnswer | undefined; wroteAtMs: number }>
  keep(key: string, answer: KeptAnswer): void
  drop(key: string): void
  noteWrite(owner: AnswerOwner, atMs: number): void
}

export interface StaleAnswersOptions {
  /** Of this process's memory, all answers together. 0: nothing is kept. */
  bytesMax: number
  /** Older ones are of no use to anybody. */
  ageMaxMs: number
  shared?: SharedAnswers
  now(): number
}

/** One larger than this is not kept. */
export const answerBytesMax = 256 * 1024
const writersMax = 50_000
/** What an entry costs beside its bytes. */
const overheadBytes = 1024
/** A busy read is given to the common memory no more often than this. */
const shareEveryMs = 1000
/** What the clocks of two replicas may differ by. */
const skewMs = 1000

interface Entry extends KeptAnswer {
  sharedAtMs: number
}

/**
 * The last good answers to safe reads, by key, within a bounded memory. After a person's own write to a service nothing that this person read
 * there before is found again, so that nobody sees their own change undone.
 */
export interface StaleAnswers {
  keep(key: string, answer: KeptAnswer): void
  /** The service has answered otherwise: what was kept is no longer so. */
  drop(key: string): void
  noteWrite(owner: AnswerOwner): void
  find(key: string, owner: AnswerOwner | undefined): Promise<KeptAnswer | undefined>
  bytes(): number
}

/** Names what a kept answer is an answer to; the parts never reach a log or another store in clear. */
export function toAnswerKey(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

export function createStaleAnswers({ bytesMax, ageMaxMs, shared, now }: StaleAnswersOptions): StaleAnswers {
  const entries = new LRUCache<string, Entry>({
    maxSize: Math.max(1, bytesMax),
    maxEntrySize: Math.max(1, Math.min(bytesMax, 2 * answerBytesMax)),
    sizeCalculation: ({ body, headers }) => overheadBytes + body.length + JSON.stringify(headers).length,
    perf: { now },
    ttl: ageMaxMs,
  })
  /** Writes nobody remembers one by one any more: nothing from before the last of them is given to anybody. */
  let forgottenAtMs = Number.NEGATIVE_INFINITY
  const writes = new LRUCache<string, number>({
    max: writersMax,
    perf: { now },
    ttl: ageMaxMs,
    dispose: (atMs, _owner, reason) => {
      if (reason === 'evict') forgottenAtMs = Math.max(forgottenAtMs, atMs)
    },
  })
  const toOwnerKey = ({ userId, service }: AnswerOwner) => `${service} ${userId}`
  const isFresh = ({ requestedAtMs }: KeptAnswer) => now() - requestedAtMs < ageMaxMs

  function lastWriteMs(owner: AnswerOwner | undefined): number {
    return Math.max(forgottenAtMs, (owner && writes.get(toOwnerKey(owner))) ?? Number.NEGATIVE_INFINITY)
  }

  return {
    keep(key, answer) {
      const known = entries.get(key)
      const due = !known || now() - known.sharedAtMs >= shareEveryMs
      entries.set(key, { ...answer, sharedAtMs: due ? now() : known.sharedAtMs })
      if (due) shared?.keep(key, answer)
    },
    drop(key) {
      entries.delete(key)
      shared?.drop(key)
    },
    noteWrite(owner) {
      writes.set(toOwnerKey(owner), now())
      shared?.noteWrite(owner, now())
    },
    async find(key, owner) {
      const elsewhere = await shared?.find(key, owner)
      const wroteAtMs = lastWriteMs(owner)
      const wroteElsewhereAtMs = (elsewhere?.wroteAtMs ?? Number.NEGATIVE_INFINITY) + skewMs
      const own = entries.get(key)
      const isUsable = (answer: KeptAnswer, marginMs: number) =>
        isFresh(answer) && answer.requestedAtMs > wroteAtMs + marginMs && answer.requestedAtMs > wroteElsewhereAtMs
      const found = [own && isUsable(own, 0) ? own : undefined, elsewhere?.answer && isUsable(elsewhere.answer, skewMs) ? elsewhere.answer : undefined]
      return found.filter((answer) => answer !== undefined).toSorted((left, right) => right.requestedAtMs - left.requestedAtMs)[0]
    },
    bytes: () => entries.calculatedSize,
  }
}
