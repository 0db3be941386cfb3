import type { JsonPatch, ReplayResult } from '@alcove/contracts'
import { withTransaction } from '@alcove/database'
import { isDatabaseUnavailable, ProblemError } from '@alcove/kit'
import type { PoolClient } from 'pg'
import { settleDeadLetter } from './dead-letters.ts'
import { isTransient } from './inbox.ts'
import { assertConsumerWorks, lockLetter, replayDeadLetter, tryLetter, type Actor, type DeadLetterDeps } from './replay.ts'

/** A type of which this many letters in a row fail again is left alone for the rest of the run. */
const FAILURES_IN_A_ROW_MAX = 3

/** What is told of one letter. */
export type Outcome = Pick<ReplayResult, 'id' | 'outcome' | 'error'>

/** Which letters are replayed, and how. */
export interface ReplayMany {
  type?: string
  /** Letters behind this id only. */
  after?: string
  limit: number
  transform?: JsonPatch
  dryRun: boolean
  ratePerSecond?: number
  actor: Actor
  /** Checked before each letter: false ends the run, and `nextAfter` tells where. */
  hasTime: () => boolean
  pause: (ms: number) => Promise<void>
}

interface Candidate {
  id: string
  topic: string
  key: string
  type: string | null
}

/**
 * Replays dead letters one by one, oldest first, so that a key's letters keep their order. `nextAfter` is where to go on, null
 * when none is left. A letter that fails stays; a type whose letters fail three times in a row, or whose events go on dying
 * meanwhile, is skipped, for its handler is not mended yet.
 * @throws {ProblemError} `illegal-transition` when a partition of the consumer waits for what is not available and nothing was done yet
 */
export async function replayDeadLetters(deps: DeadLetterDeps, many: ReplayMany): Promise<{ items: Outcome[]; nextAfter: string | null }> {
  const found = await listCandidates(deps, many)
  const letters = found.slice(0, many.limit)
  const items = many.dryRun ? await tryAll(deps, letters, many) : await replayAll(deps, letters, many)
  const isAll = items.length === letters.length && found.length === letters.length
  return { items, nextAfter: isAll ? null : (items.at(-1)?.id ?? many.after ?? null) }
}

async function listCandidates({ pool }: DeadLetterDeps, { type, after, limit }: ReplayMany): Promise<Candidate[]> {
  const { rows } = await pool.query<Candidate>(
    `SELECT id, topic, key, type FROM dead_letter WHERE ($1::text IS NULL OR type = $1) AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3`,
    [type ?? null, after ?? null, limit + 1],
  )
  return rows
}

async function replayAll(deps: DeadLetterDeps, letters: readonly Candidate[], many: ReplayMany): Promise<Outcome[]> {
  await assertConsumerWorks(deps)
  const judge = await createJudge(deps, many)
  const items: Outcome[] = []
  for (const letter of letters) {
    if (many.ratePerSecond) await many.pause(1000 / many.ratePerSecond)
    if (!many.hasTime()) break
    const objection = await judge.findObjection(letter)
    const item: Outcome = objection ? { id: letter.id, outcome: 'skipped', error: objection } : await replayOne(deps, letter, many)
    judge.note(letter, item)
    items.push(item)
  }
  return items
}

async function replayOne(deps: DeadLetterDeps, { id }: Candidate, { transform, actor }: ReplayMany): Promise<Outcome> {
  try {
    return { id, outcome: await replayDeadLetter(deps, { id, transform, actor }), error: null }
  } catch (error) {
    return toFailure(id, error)
  }
}

/** What keeps a letter where it is. What nobody foresaw, an absent database above all, ends the run instead. */
function toFailure(id: string, error: unknown): Outcome {
  if (!(error instanceof ProblemError)) throw error
  const isTried = error.cause !== undefined && !isTransient(error.cause)
  return { id, outcome: isTried ? 'failed' : 'skipped', error: error.detail }
}

interface Judge {
  /** Why a letter of this type should not be tried now. */
  findObjection(letter: Candidate): Promise<string | undefined>
  note(letter: Candidate, item: Outcome): void
}

/** Watches for signs that the consumer cannot handle a type: letters failing again, and events dying during the run. */
async function createJudge({ pool }: DeadLetterDeps, { transform }: ReplayMany): Promise<Judge> {
  const failures = new Map<string | null, number>()
  const newest = await pool.query<{ id: string }>('SELECT id FROM dead_letter ORDER BY id DESC LIMIT 1')
  const begunBehind = newest.rows[0]?.id ?? null
  return {
    async findObjection({ type }) {
      if ((failures.get(type) ?? 0) >= FAILURES_IN_A_ROW_MAX) return `${FAILURES_IN_A_ROW_MAX} letters of this type failed again, one after the other`
      // What a transform mends may well go on coming unmended.
      if (transform) return undefined
      const { rows } = await pool.query(`SELECT FROM dead_letter WHERE type = $1 AND reason = 'failed' AND id > $2 LIMIT 1`, [type, begunBehind])
      return rows.length > 0 ? 'events of this type are dying at this moment' : undefined
    },
    note({ type }, { outcome }) {
      if (outcome === 'failed') failures.set(type, (failures.get(type) ?? 0) + 1)
      else if (outcome !== 'skipped') failures.delete(type)
    },
  }
}

class RolledBack extends Error {
  override readonly name = 'RolledBack'
}

/** What a replay would do with one letter; nothing is written. */
export async function tryDeadLetter(deps: DeadLetterDeps, { id, transform }: { id: string; transform?: JsonPatch }): Promise<Outcome | undefined> {
  const { rows } = await deps.pool.query<Candidate>('SELECT id, topic, key, type FROM dead_letter WHERE id = $1', [id])
  return rows[0] && (await tryKey(deps, rows, transform))[0]
}

/** Letters of one key in one transaction, since each finds what the ones before it would leave; keys apart, so that no lock is held long. */
async function tryAll(deps: DeadLetterDeps, letters: readonly Candidate[], many: ReplayMany): Promise<Outcome[]> {
  const outcomes = new Map<string, Outcome>()
  for (const group of Map.groupBy(letters, ({ topic, key }) => `${topic}/${key}`).values()) {
    if (!many.hasTime()) break
    for (const outcome of await tryKey(deps, group, many.transform)) outcomes.set(outcome.id, outcome)
  }
  // Up to the first that was not reached: a position continues behind what was told.
  const reached = letters.findIndex(({ id }) => !outcomes.has(id))
  return letters.slice(0, reached < 0 ? letters.length : reached).map(({ id }) => outcomes.get(id)!)
}

async function tryKey(deps: DeadLetterDeps, letters: readonly Candidate[], transform: JsonPatch | undefined): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  await withTransaction(deps.pool, async (tx) => {
    for (const { id } of letters) outcomes.push(await tryInside(deps, { id, transform }, tx))
    throw new RolledBack()
  }).catch((error: unknown) => {
    if (!(error instanceof RolledBack)) throw error
  })
  return outcomes
}

async function tryInside(deps: DeadLetterDeps, { id, transform }: { id: string; transform?: JsonPatch }, tx: PoolClient): Promise<Outcome> {
  await tx.query('SAVEPOINT letter')
  try {
    const letter = await lockLetter(tx, id)
    if (!letter) return { id, outcome: 'skipped', error: 'It is settled already.' }
    const { outcome, event } = await tryLetter(deps, { letter, transform }, tx)
    // What would be found only at the commit is found now.
    await tx.query('SET CONSTRAINTS ALL IMMEDIATE')
    await settleDeadLetter(tx, id, { outcome, eventId: event.id })
    return { id, outcome, error: null }
  } catch (error) {
    if (isDatabaseUnavailable(error)) throw error
    await tx.query('ROLLBACK TO SAVEPOINT letter')
    const { message, name } = error as Error
    return { id, outcome: error instanceof ProblemError || isTransient(error) ? 'skipped' : 'failed', error: message || name }
  }
}
