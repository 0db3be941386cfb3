import { clockStalenessMs } from '@alcove/kit'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import type { DevClock } from '../domain/dev-clock.ts'

/** Twice the time a process may go on with what it read last: writing and scheduling take some too. */
const seenEverywhereMs = clockStalenessMs * 2

/** The shared clock kept in a file. */
export function createDevClock(file: string): DevClock {
  let last: Promise<unknown> = Promise.resolve()

  function offsetMs(): number {
    try {
      const { offsetMs: read } = JSON.parse(readFileSync(file, 'utf8')) as { offsetMs?: unknown }
      return typeof read === 'number' && Number.isFinite(read) ? read : 0
    } catch {
      return 0
    }
  }

  async function write(next: (offsetMs: number) => number): Promise<number> {
    const offset = Math.round(next(offsetMs()))
    // Replaced as a whole, so that no process ever reads half a file.
    const draft = `${file}.${randomUUID()}`
    await writeFile(draft, JSON.stringify({ offsetMs: offset }))
    await rename(draft, file)
    await new Promise((resolve) => setTimeout(resolve, seenEverywhereMs))
    return offset
  }

  return {
    offsetMs,
    change(next) {
      const turn = last.then(() => write(next))
      last = turn.catch(() => undefined)
      return turn
    },
  }
}
