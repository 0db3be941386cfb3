import { within } from './client.ts'

/** Something of kafkajs that is connected before use. */
interface Connectable {
  connect(): Promise<void>
  disconnect(): Promise<void>
}

/** One connection made at the first use and made anew after every failure. */
export interface Connection<T> {
  /** Rejects when the work does, and when connecting and working take longer than the limit. */
  use<R>(what: string, work: (connected: T) => Promise<R>): Promise<R>
  close(): Promise<void>
}

export function createConnection<T extends Connectable>(limitMs: number, make: () => T): Connection<T> {
  let current: Promise<T> | undefined

  async function open(): Promise<T> {
    const made = make()
    try {
      await made.connect()
      return made
    } catch (error) {
      disconnect(made)
      throw error
    }
  }

  return {
    async use(what, work) {
      const opened = (current ??= open())
      const doing = opened.then(work)
      try {
        return await within(limitMs, what, doing)
      } catch (error) {
        if (current === opened) current = undefined
        opened.then(disconnect, ignore)
        // Work that is given up goes on for a while, and may connect anew.
        doing.then(ignore, ignore).then(() => opened.then(disconnect, ignore), ignore)
        throw error
      }
    },
    async close() {
      const opened = current
      current = undefined
      await opened?.then((connected) => connected.disconnect(), ignore)
    },
  }
}

/** Not waited for: it lets requests end that may never be answered. */
function disconnect(connected: Connectable): void {
  connected.disconnect().catch(ignore)
}

function ignore(): void {}
