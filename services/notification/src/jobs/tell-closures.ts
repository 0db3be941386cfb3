import type { ClosureHits, FindClosureHits } from '../domain/closure-hits.ts'
import type { InTransaction, UntoldClosure } from '../domain/stores.ts'
import { noticeClosure } from '../domain/time-notices.ts'

export interface TellClosuresDeps {
  readonly inTransaction: InTransaction
  readonly now: () => Date
  readonly wake: () => void
  readonly findHits: FindClosureHits
}

/**
 * Tells every member once of a closure that hits a booking of theirs. A closure is asked about until booking says that
 * nobody can appear any more; telling twice is prevented by the notice's id. Late: a closure that is over is not told.
 */
export async function tellClosures(deps: TellClosuresDeps, signal: AbortSignal): Promise<void> {
  const untold = await deps.inTransaction((stores) => stores.listUntoldClosures(deps.now()))
  for (const closure of untold) {
    if (signal.aborted) return
    const hits = await deps.findHits(closure.id, signal)
    if (hits) await tellHits(deps, closure, hits)
  }
}

async function tellHits(deps: TellClosuresDeps, closure: UntoldClosure, hits: ClosureHits): Promise<void> {
  const now = deps.now()
  await deps.inTransaction(async (stores) => {
    await stores.oweNotices(
      hits.items.map((hit) => noticeClosure(hit, closure)),
      now,
    )
    if (hits.settled) await stores.markClosureTold(closure.id, now)
  })
  deps.wake()
}
