import type { FaultCase } from './fault.ts'
import type { Lane } from './replay.ts'

/** Gives each item to a lane that is free; answers what went wrong, item by item. */
export async function runInLanes<T>(lanes: readonly Lane[], items: readonly T[], run: (lane: Lane, item: T) => Promise<void>): Promise<string[]> {
  const failures: string[] = []
  const queue = [...items]
  const work = async (lane: Lane) => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      await run(lane, item).catch((error: unknown) => note(failures, error))
    }
  }
  await Promise.all(lanes.map(work))
  return failures
}

/** Told at once: the whole takes minutes. */
function note(failures: string[], error: unknown): void {
  const { message } = error as Error
  console.error(`failed: ${message}`)
  failures.push(message)
}

type RunPrepared = (lane: Lane, fault: FaultCase, whenPrepared: () => Promise<void>) => Promise<unknown>

/**
 * For faults that everybody notices who uses the same way: as many as there are lanes are prepared side by side, and then
 * each has the stack for itself.
 */
export async function runAlone(lanes: readonly Lane[], cases: readonly FaultCase[], run: RunPrepared): Promise<string[]> {
  const failures: string[] = []
  for (let from = 0; from < cases.length; from += lanes.length) {
    const batch = cases.slice(from, from + lanes.length)
    const prepared = batch.map(() => Promise.withResolvers<void>())
    let turn: Promise<unknown> = Promise.all(prepared.map(({ promise }) => promise))
    const runs = batch.map((fault, index) => {
      const before = turn
      const ended = run(lanes[index]!, fault, async () => {
        prepared[index]!.resolve()
        await before
      }).catch((error: unknown) => note(failures, error))
      void ended.then(() => prepared[index]!.resolve())
      turn = Promise.all([before, ended])
      return ended
    })
    await Promise.all(runs)
  }
  return failures
}
