/** Work that goes on after whoever asked has stopped waiting; a draining process waits for it. */
export function createBackgroundWork(onFailure: (error: unknown) => void) {
  const running = new Set<Promise<unknown>>()
  return {
    carryOn(work: Promise<unknown>): void {
      const watched: Promise<unknown> = work.catch(onFailure).finally(() => running.delete(watched))
      running.add(watched)
    },
    async settled(): Promise<void> {
      while (running.size > 0) await Promise.all(running)
    },
  }
}
