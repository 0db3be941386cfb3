/** What is asked of a slot. */
export interface HashTurn {
  readonly signal?: AbortSignal
  /** `known` goes before `new`: people who sign in do not wait for those who register, of whom there can be any number. */
  readonly urgency?: 'known' | 'new'
}

/** Work waits here for one of a few slots. */
export interface HashQueue {
  run<T>(work: () => Promise<T>, turn?: HashTurn): Promise<T>
  waiting(): number
}

export interface HashQueueOptions {
  slots: number
  waitingMax: number
  /** The longest that anybody waits for a slot, in milliseconds. */
  waitMaxMs: number
  overloaded: () => Error
}

interface Waiter {
  readonly start: () => void
}

/**
 * Lets `slots` pieces of work run at once and `waitingMax` wait, each for `waitMaxMs` at most; one more, and one that waited so long, throws what `overloaded`
 * makes. Memory is thereby bounded by the slots, and a caller that goes away while waiting leaves the queue.
 */
export function createHashQueue(options: HashQueueOptions): HashQueue {
  const waiting = { known: new Set<Waiter>(), new: new Set<Waiter>() }
  let free = options.slots
  const count = () => waiting.known.size + waiting.new.size

  async function takeSlot({ signal, urgency = 'new' }: HashTurn): Promise<void> {
    signal?.throwIfAborted()
    if (free > 0) {
      free -= 1
      return
    }
    if (count() >= options.waitingMax) throw options.overloaded()
    const queue = waiting[urgency]
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const leave = (reason: Error) => {
      if (queue.delete(waiter)) reject(reason)
    }
    const abort = () => leave(signal?.reason as Error)
    const timer = setTimeout(() => leave(options.overloaded()), options.waitMaxMs)
    const waiter: Waiter = { start: resolve }
    queue.add(waiter)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      await promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }

  function giveBack(): void {
    const queue = waiting.known.size > 0 ? waiting.known : waiting.new
    const [next] = queue
    if (next) {
      // The slot goes over directly: set free, it could be taken by a later caller first.
      queue.delete(next)
      next.start()
    } else free += 1
  }

  return {
    waiting: count,
    async run(work, turn = {}) {
      await takeSlot(turn)
      try {
        return await work()
      } finally {
        giveBack()
      }
    },
  }
}
