import { type BodyOf, type createSpace as createSpaceOperation, spaceCreated, spaceUpdated, type updateSpace as updateSpaceOperation } from '@alcove/contracts'
import { assertNoIssues, assertPresent, inUse } from '../errors.ts'
import { createOnce } from './create-once.ts'
import { checkSameCurrency } from './price-book.ts'
import { assertNotRetiring, beginRetirement, type CallContext, isStillRetiring, type RetireDeps, retireUnused } from './retirement.ts'
import { affectsClaims, findFreeNumbers, type SpaceRecord, toSpaceState, type UnitRecord } from './space.ts'
import type { KeyedCommand, RetirementRecord, Stores, WriteContext, WriteDeps } from './stores.ts'

type Change = BodyOf<typeof updateSpaceOperation>

/**
 * Adds a space with its units.
 * @throws 400 for a price book in another currency; 404 unknown location, policy or price book; 422 `idempotency-key-reused`
 */
export async function createSpace(
  deps: WriteDeps,
  { write, command, body }: { write: WriteContext; command: KeyedCommand | undefined; body: BodyOf<typeof createSpaceOperation> },
): Promise<SpaceRecord> {
  return createOnce(deps, {
    write,
    command,
    find: (stores, id) => stores.spaces.lock(id, 'share'),
    async create(stores, id) {
      const space: SpaceRecord = {
        id,
        version: 1,
        revision: 1,
        locationId: body.locationId,
        name: body.name,
        kind: body.kind,
        capacity: body.capacity ?? 1,
        amenities: body.amenities ?? [],
        bufferBeforeMinutes: body.bufferBeforeMinutes ?? 0,
        bufferAfterMinutes: body.bufferAfterMinutes ?? 0,
        policyId: body.policyId ?? null,
        priceBookId: body.priceBookId ?? null,
        status: body.status ?? 'active',
        floor: body.floor ?? null,
        archivedAt: null,
        createdAt: write.now,
        updatedAt: write.now,
        units: makeUnits(deps, [], body.units ?? 1),
      }
      await lockAttached(stores, space)
      await stores.spaces.insert(space)
      await stores.spaces.insertUnits(id, space.units)
      await stores.publish(spaceCreated, id, toSpaceState(space))
      await stores.audit('space.created', id)
      return space
    },
  })
}

/**
 * Changes the members given. More units get the lowest free numbers; fewer remove those without future bookings, the last
 * first, after booking has agreed. Raises the revision when claims are concerned; writing what is there changes nothing.
 * @throws as creating does; 409 `in-use`; 503 when booking must be asked and gives no answer
 */
export async function updateSpace(
  deps: RetireDeps,
  { write, id, body, call }: { write: WriteContext; id: string; body: Change; call: CallContext },
): Promise<SpaceRecord> {
  const begun = await deps.inTransaction(write, async (stores): Promise<{ space: SpaceRecord; records?: RetirementRecord[] }> => {
    const space = await lockSpace(stores, id, write)
    const changed = applyChange(space, body, write)
    await lockAttached(stores, changed)
    if (body.units !== undefined && body.units < space.units.length) {
      return { space, records: await beginRetirement(stores, [space], { ...write, retirementId: deps.newId() }) }
    }
    const added = makeUnits(deps, space.units, (body.units ?? space.units.length) - space.units.length)
    return { space: await saveSpace(stores, space, { ...changed, units: sortUnits([...space.units, ...added]) }) }
  })
  if (!begun.records) return begun.space
  const { space, records } = begun
  const removed = await retireUnused(deps, { write, call, records, space, count: space.units.length - body.units! })
  return deps.inTransaction(write, async (stores) => {
    const present = assertPresent(await stores.spaces.lock(id), 'space')
    if (!(await isStillRetiring(stores, records))) throw inUse('The space was changed meanwhile; try again.')
    await stores.retirements.remove([id])
    await stores.spaces.removeUnits(removed, write.now)
    return saveSpace(stores, present, { ...applyChange(present, body, write), units: present.units.filter((unit) => !removed.includes(unit.id)) })
  })
}

/** Locks the space, its location first, and settles what a killed process left behind. @throws 404; 409 `in-use` */
async function lockSpace(stores: Stores, id: string, write: WriteContext): Promise<SpaceRecord> {
  const seen = assertPresent(await stores.spaces.find(id), 'space')
  await stores.locations.lock(seen.locationId, 'share')
  const space = new Map([[id, assertPresent(await stores.spaces.lock(id), 'space')]])
  await assertNotRetiring(stores, space, write)
  return space.get(id)!
}

/** Keeps location, policy and price book as they are until the commit. */
async function lockAttached(stores: Stores, space: SpaceRecord): Promise<void> {
  const location = assertPresent(await stores.locations.lock(space.locationId, 'share'), 'location')
  if (space.policyId !== null) assertPresent(await stores.policies.lock(space.policyId, 'share'), 'policy')
  if (space.priceBookId === null) return
  const priceBook = assertPresent(await stores.priceBooks.lock(space.priceBookId, 'share'), 'price book')
  assertNoIssues(checkSameCurrency('/priceBookId', priceBook.currency, location.currency))
}

function applyChange(space: SpaceRecord, { units: _units, ...members }: Change, write: WriteContext): SpaceRecord {
  const given = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
  return { ...space, ...given, updatedAt: write.now }
}

function makeUnits({ newId }: WriteDeps, present: readonly UnitRecord[], count: number): UnitRecord[] {
  return findFreeNumbers(present, Math.max(0, count)).map((number) => ({ id: newId(), number, status: 'active' as const }))
}

const sortUnits = (units: UnitRecord[]): UnitRecord[] => units.sort((a, b) => a.number - b.number)

async function saveSpace(stores: Stores, before: SpaceRecord, after: SpaceRecord): Promise<SpaceRecord> {
  if (JSON.stringify({ ...before, updatedAt: null }) === JSON.stringify({ ...after, updatedAt: null })) return before
  const saved = { ...after, version: before.version + 1, revision: before.revision + (affectsClaims(before, after) ? 1 : 0) }
  const known = new Set(before.units.map(({ id }) => id))
  await stores.spaces.update(saved)
  await stores.spaces.insertUnits(
    saved.id,
    saved.units.filter(({ id }) => !known.has(id)),
  )
  await stores.publish(spaceUpdated, saved.id, toSpaceState(saved))
  await stores.audit('space.updated', saved.id)
  return saved
}
