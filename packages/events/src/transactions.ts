import type { Delivery } from './transport.ts'

/** Transactions that one consumer has open at once. The second goes on while the first waits for the disk, or for a lock. */
const OPEN_MAX = 2

/** Lends the transactions of one consumer to the partitions that it handles. */
export interface Transactions {
  /**
   * Commits deliveries of one partition, in one transaction with what other partitions have ready at the moment: a
   * commit costs more than the effect of an event. `alone` keeps them to themselves, for what failed before. Settles
   * as these did: what fails together is done again partition by partition.
   */
  commit(deliveries: readonly Delivery[], options?: { alone?: boolean }): Promise<void>
}

interface Turn {
  readonly deliveries: readonly Delivery[]
  readonly alone: boolean
  resolve(): void
  reject(error: unknown): void
}

/** `commit` carries out one transaction; it gets at most `max` deliveries, or those of one partition. */
export function createTransactions(options: { max: number; commit: (deliveries: readonly Delivery[]) => Promise<void> }): Transactions {
  const waiting: Turn[] = []
  let open = 0
  let called = false

  function takeTurns(): Turn[] {
    const first = waiting.shift()!
    const turns = [first]
    let count = first.deliveries.length
    while (!first.alone && waiting.length > 0 && !waiting[0]!.alone && count + waiting[0]!.deliveries.length <= options.max) {
      count += waiting[0]!.deliveries.length
      turns.push(waiting.shift()!)
    }
    return turns
  }

  async function runTogether(turns: readonly Turn[]): Promise<void> {
    // By topic, so that handlers of whole batches get long ones. A partition's deliveries stay in order: they are one turn.
    const deliveries = turns.toSorted((a, b) => compare(topicOf(a), topicOf(b))).flatMap((turn) => turn.deliveries)
    try {
      await options.commit(deliveries)
    } catch (error) {
      if (turns.length === 1) turns[0]!.reject(error)
      else for (const turn of turns) await runTogether([turn])
      return
    }
    for (const turn of turns) turn.resolve()
  }

  function openNext(): void {
    called = false
    while (open < OPEN_MAX && waiting.length > 0) {
      open += 1
      void runTogether(takeTurns()).finally(() => {
        open -= 1
        call()
      })
    }
  }

  /** Not at once: partitions that were fetched together come in the same turn of the event loop. */
  function call(): void {
    if (called) return
    called = true
    setImmediate(openNext)
  }

  return {
    commit: (deliveries, { alone = false } = {}) =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ deliveries, alone, resolve, reject })
        call()
      }),
  }
}

const topicOf = (turn: Turn): string => turn.deliveries[0]?.topic ?? ''
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
