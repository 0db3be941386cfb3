import type { Logger } from '@alcove/kit'

/** Runs `complete` soon; called again while it runs, once more afterwards. A failure is left to the next sweep. */
export function createNameWaker(complete: () => Promise<void>, log: Pick<Logger, 'warn'>): () => void {
  const state = { running: false, again: false }
  const run = async () => {
    state.running = true
    do {
      state.again = false
      await complete().catch((error: unknown) => log.warn({ err: error }, 'names could not be asked of auth; the next sweep tries again'))
    } while (state.again)
    state.running = false
  }
  return () => {
    if (state.running) state.again = true
    else void run()
  }
}
