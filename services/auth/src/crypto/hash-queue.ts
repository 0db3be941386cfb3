/** Work waits here for one of a few slots. */
export interface HashQueue {
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  waiting(): number
}

interface Waiter {
  readonly start: () => void
}

/**
 * Lets `slots` pieces of work run at once and `waitingMax` wait; one more throws what `overloaded` makes. Memory is thereby
 * bounded by the slots, and a caller that goes away while waiting leaves the queue.
 */
export function createHashQueue(options: { slots: number; waitingMax: number; overloaded: () => Error }): HashQueue {
  const waiting = new Set<Waiter>()
  let free = options.slots

  async function takeSlot(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (free > 0) {
      free -= 1
      return
    }
    if (waiting.size >= options.waitingMax) throw options.overloaded()
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        waiting.delete(waiter)
        reject(signal?.reason as Error)
      }
      const waiter: Waiter = {
        start: () => {
          signal?.removeEventListener('abort', leave)
          resolve()
        },
      }
      waiting.add(waiter)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  function giveBack(): void {
    const [next] = waiting
    if (next) {
      // The slot goes over directly: set free, it could be taken by a later caller first.
      waiting.delete(next)
      next.start()
    } else free += 1
  }

  return {
    waiting: () => waiting.size,
    async run(work, signal) {
      await takeSlot(signal)
      try {
        return await work()
      } finally {
        giveBack()
      }
    },
  }
}
