import type { Clock } from '@alcove/kit'
import { dayMs } from '@alcove/rules'
import type { Pool } from 'pg'
import type { Catalogue, CatalogueLocation } from '../domain/catalogue.ts'
import { readLocation } from './catalogue-query.ts'

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
  let locations = new Map<string, Promise<CatalogueLocation | undefined>>()
  let locationOfSpace = new Map<string, string>()
  let ids: Promise<string[]> | undefined
  let version: string | undefined
  let checkedAt = -Infinity
  let checking: Promise<void> | undefined

  const clear = () => {
    locations = new Map()
    locationOfSpace = new Map()
    ids = undefined
    checkedAt = -Infinity
  }

  const check = async () => {
    // What counts is when the question was asked: the answer may already be old when it comes.
    const askedAt = monotonicMs()
    const { rows } = await pool.query<{ version: string }>({ name: 'catalogue-version', text: 'SELECT version FROM catalogue' })
    if (rows[0]!.version !== version) clear()
    version = rows[0]!.version
    checkedAt = askedAt
  }

  const ensureCurrent = (): Promise<void> | undefined => {
    if (monotonicMs() - checkedAt < trustedMs) return undefined
    checking ??= check().finally(() => (checking = undefined))
    return checking
  }

  const load = (id: string): Promise<CatalogueLocation | undefined> => {
    const [into, spaces] = [locations, locationOfSpace]
    const present = into.get(id)
    if (present) return present
    const reading = readLocation(pool, id, new Date(clock.now().getTime() - closuresKeptDays * dayMs)).then(
      (location) => {
        for (const spaceId of location?.spaces.keys() ?? []) spaces.set(spaceId, id)
        // Ids that nobody has are not worth remembering: there is no end of them.
        if (!location) into.delete(id)
        return location
      },
      (error: unknown) => {
        into.delete(id)
        throw error
      },
    )
    into.set(id, reading)
    return reading
  }

  const findLocationIdOf = async (spaceId: string): Promise<string | undefined> => {
    const known = locationOfSpace.get(spaceId)
    if (known !== undefined) return known
    const { rows } = await pool.query<{ location_id: string }>({
      name: 'catalogue-space',
      text: 'SELECT location_id FROM space WHERE id = $1 AND archived_at IS NULL',
      values: [spaceId],
    })
    return rows[0]?.location_id
  }

  const findLocationOfSpace = async (spaceId: string, revisionMin = 0): Promise<CatalogueLocation | undefined> => {
    await ensureCurrent()
    const id = await findLocationIdOf(spaceId)
    const location = id === undefined ? undefined : await load(id)
    const revision = location?.spaces.get(spaceId)?.revision
    if (id === undefined || revision === undefined || revision >= revisionMin) return location
    clear()
    return load(id)
  }

  return {
    clear,
    findLocationOfSpace,
    async findLocation(id) {
      await ensureCurrent()
      return load(id)
    },
    async listLocationIds() {
      await ensureCurrent()
      ids ??= pool.query<{ id: string }>('SELECT id FROM location WHERE archived_at IS NULL ORDER BY id').then(
        ({ rows }) => rows.map(({ id }) => id),
        (error: unknown) => {
          ids = undefined
          throw error
        },
      )
      return ids
    },
  }
}
