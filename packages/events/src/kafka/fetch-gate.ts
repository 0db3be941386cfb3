import { pause } from '../wait.ts'

/** Settles its waits so that the next fetch comes when it is worth it. */
export interface FetchGate {
  /** To be waited for by every batch of a fetch once it is taken; `full`: there is more; `paused`: its partition is not fetched for now. */
  wait(batch: { full: boolean; paused: boolean }): Promise<void>
  /** A partition may be fetched again. */
  open(): void
}

interface Round {
  readonly over: PromiseWithResolvers<void>
  full: boolean
  /** All partitions of the fetch are paused. */
  paused: boolean
}

/**
 * kafkajs fetches again when all batches of the last fetch are taken. A fetch names every partition, whatever it finds, and costs
 * broker and client as much for one event as for a hundred: so there is a least time between two, `gatherMs`, unless a batch was
 * full. What is fetched is handled at once; a single event never waits for it. And while everything that it found is
 * paused, a fetch would sleep in the broker or in kafkajs beyond the moment when one is to go on: until that, or for `pausedMs`,
 * none is begun.
 */
export function createFetchGate(options: { gatherMs: number; pausedMs: number; signal: AbortSignal }): FetchGate {
  const { gatherMs, pausedMs, signal } = options
  let round: Round | undefined

  function startRound(): Round {
    const started: Round = { over: Promise.withResolvers<void>(), full: false, paused: true }
    // Only then are all batches of the fetch here.
    setImmediate(() => {
      if (started.full && !started.paused) started.over.resolve()
      else void pause(started.paused ? pausedMs : gatherMs, signal).then(started.over.resolve)
    })
    void started.over.promise.then(() => (round = undefined))
    return started
  }

  return {
    wait({ full, paused }) {
      round ??= startRound()
      round.full ||= full
      round.paused &&= paused
      return round.over.promise
    },
    open() {
      if (round?.paused) round.over.resolve()
    },
  }
}
