import {
  type createLocation as createLocationOperation,
  locationCreated,
  locationUpdated,
  type putOpeningHours,
  type updateLocation as updateLocationOperation,
} from '@alcove/contracts'
import type { BodyOf } from '@alcove/contracts'
import { assertNoIssues, assertPresent } from '../errors.ts'
import { createOnce } from './create-once.ts'
import { checkHours, checkLocation, type LocationRecord, toLocationState } from './location.ts'
import { checkSameCurrency } from './price-book.ts'
import type { KeyedCommand, Stores, WriteContext, WriteDeps } from './stores.ts'

/**
 * Adds a location that is always open until hours are set.
 * @throws 400 for a zone, currency or rate that does not exist; 422 `idempotency-key-reused`
 */
export async function createLocation(
  deps: WriteDeps,
  { write, command, body }: { write: WriteContext; command: KeyedCommand | undefined; body: BodyOf<typeof createLocationOperation> },
): Promise<LocationRecord> {
  assertNoIssues(checkLocation(body))
  return createOnce(deps, {
    write,
    command,
    find: (stores, id) => stores.locations.lock(id, 'share'),
    async create(stores, id) {
      const location: LocationRecord = {
        id,
        version: 1,
        name: body.name,
        timeZone: body.timeZone,
        address: body.address ?? '',
        currency: body.currency,
        taxRatePercent: body.taxRatePercent ?? 0,
        weekStartsOn: body.weekStartsOn ?? 1,
        openingHours: { weekly: [], exceptions: [] },
        archivedAt: null,
        createdAt: write.now,
        updatedAt: write.now,
      }
      await stores.locations.insert(location)
      await stores.publish(locationCreated, id, toLocationState(location))
      await stores.audit('location.created', id)
      return location
    },
  })
}

/**
 * Changes the members given. Writing what is already there changes nothing and raises no version.
 * @throws 400 also when the currency would leave a price book in use here behind; 404
 */
export async function updateLocation(
  deps: WriteDeps,
  { write, id, body }: { write: WriteContext; id: string; body: BodyOf<typeof updateLocationOperation> },
): Promise<LocationRecord> {
  assertNoIssues(checkLocation(body))
  return deps.inTransaction(write, async (stores) => {
    const location = assertPresent(await stores.locations.lock(id), 'location')
    const { currency } = body
    if (currency !== undefined && currency !== location.currency) {
      const used = await stores.priceBooks.listBookCurrencies(id)
      assertNoIssues(used.flatMap((book) => checkSameCurrency('/currency', book, currency)).slice(0, 1))
    }
    return save(stores, location, { ...body, updatedAt: write.now })
  })
}

/**
 * Replaces a location's opening hours.
 * @throws 400 with every period that overlaps and every date or time that does not exist; 404
 */
export async function setOpeningHours(
  deps: WriteDeps,
  { write, id, body }: { write: WriteContext; id: string; body: BodyOf<typeof putOpeningHours> },
): Promise<LocationRecord> {
  const openingHours = { weekly: body.weekly, exceptions: body.exceptions ?? [] }
  assertNoIssues(checkHours(openingHours))
  return deps.inTransaction(write, async (stores) => {
    const location = assertPresent(await stores.locations.lock(id), 'location')
    return save(stores, location, { openingHours, updatedAt: write.now })
  })
}

async function save(stores: Stores, location: LocationRecord, change: Partial<LocationRecord>): Promise<LocationRecord> {
  const { updatedAt: _updatedAt, ...members } = change
  const isSame = Object.entries(members).every(([name, value]) => JSON.stringify(value) === JSON.stringify(location[name as keyof LocationRecord]))
  if (isSame) return location
  const updated = { ...location, ...change, version: location.version + 1 }
  await stores.locations.update(updated)
  await stores.publish(locationUpdated, location.id, toLocationState(updated))
  await stores.audit('location.updated', location.id)
  return updated
}
