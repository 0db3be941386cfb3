import type { Clock } from '@alcove/kit'
import { dayMs } from '@alcove/rules'
import type { Pool } from 'pg'
import type { Catalogue } from '../domain/catalogue.ts'
import { createCatalogueMemory } from './catalogue-memory.ts'
import { readLocation, readLocationIdOf, readLocationIds, readVersion } from './catalogue-query.ts'

/** How long this process trusts what it has read before it asks whether anything was written, in real milliseconds. */
export const trustedMs = 400
// The local profile's clock may go back to the present from where it was moved.
const closuresKeptDays = 400

interface CatalogueDeps {
  pool: Pool
  clock: Clock
  /** Real time in milliseconds; `performance.now` unless a test moves it. */
  monotonicMs?: () => number
}

/**
 * Whole locations in memory. Every write raises one number in its transaction; a process compares that number at most every
 * {@link trustedMs} and forgets everything when it was raised, so that replicas answer without reading and never from
 * anything older than that plus one statement. Its own writes are seen at once.
 */
export function createCatalogue({ pool, clock, monotonicMs = () => performance.now() }: CatalogueDeps): Catalogue {
  const sources = {
    readLocation: (id: string) => readLocation(pool, id, new Date(clock.now().getTime() - closuresKeptDays * dayMs)),
    readLocationIdOf: (spaceId: string) => readLocationIdOf(pool, spaceId),
    readLocationIds: () => readLocationIds(pool),
  }
  let memory = createCatalogueMemory(sources)
  let version: string | undefined
  let checkedAt = -Infinity
  let checking: Promise<void> | undefined

  const check = async () => {
    // What counts is when the question was asked: the answer may already be old when it comes.
    const askedAt = monotonicMs()
    const present = await readVersion(pool)
    if (present !== version) memory = createCatalogueMemory(sources)
    version = present
    checkedAt = askedAt
  }

  const ensureCurrent = (): Promise<void> | undefined => {
    if (monotonicMs() - checkedAt < trustedMs) return undefined
    checking ??= check().finally(() => (checking = undefined))
    return checking
  }

  const clear = () => {
    memory = createCatalogueMemory(sources)
    checkedAt = -Infinity
  }

  return {
    clear,
    async findLocation(id) {
      await ensureCurrent()
      return memory.getLocation(id)
    },
    async findLocationOfSpace(spaceId, revisionMin = 0) {
      await ensureCurrent()
      const location = await memory.getLocationOf(spaceId)
      const revision = location?.spaces.get(spaceId)?.revision
      if (revision === undefined || revision >= revisionMin) return location
      clear()
      return memory.getLocationOf(spaceId)
    },
    async listLocationIds() {
      await ensureCurrent()
      return memory.listIds()
    },
  }
}
