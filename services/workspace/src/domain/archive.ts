import { locationArchived, spaceArchived } from '@alcove/contracts'
import { assertPresent, inUse } from '../errors.ts'
import { toLocationState } from './location.ts'
import { beginRetirement, type CallContext, isStillRetiring, type RetireDeps, retireSpaces, settleRetirements } from './retirement.ts'
import { type SpaceRecord, toSpaceState } from './space.ts'
import type { Stores, WriteContext } from './stores.ts'

interface ArchiveInput {
  write: WriteContext
  call: CallContext
  id: string
}

/**
 * Archives a space once booking says that nobody has it booked for later.
 * @throws 404; 409 `in-use`; 503 when booking gives no answer
 */
export async function archiveSpace(deps: RetireDeps, { write, call, id }: ArchiveInput): Promise<void> {
  const records = await deps.inTransaction(write, async (stores) => {
    const space = assertPresent(await stores.spaces.lock(id), 'space')
    return beginRetirement(stores, [space], { ...write, retirementId: deps.newId() })
  })
  await retireSpaces(deps, { write, call, records })
  await deps.inTransaction(write, async (stores) => {
    const space = assertPresent(await stores.spaces.lock(id), 'space')
    if (!(await isStillRetiring(stores, records))) throw inUse('The space was changed meanwhile; try again.')
    await stores.retirements.remove([id])
    await saveArchived(stores, space, write)
  })
}

/**
 * Archives a location with all its spaces, or nothing of it.
 * @throws 404; 409 `in-use`; 503 when booking gives no answer
 */
export async function archiveLocation(deps: RetireDeps, { write, call, id }: ArchiveInput): Promise<void> {
  const records = await deps.inTransaction(write, async (stores) => {
    assertPresent(await stores.locations.lock(id), 'location')
    return beginRetirement(stores, await stores.spaces.lockOfLocation(id), { ...write, retirementId: deps.newId() })
  })
  if (records.length > 0) await retireSpaces(deps, { write, call, records })
  const isArchived = await deps.inTransaction(write, async (stores) => {
    const location = assertPresent(await stores.locations.lock(id), 'location')
    const spaces = await stores.spaces.lockOfLocation(id)
    // A space added meanwhile was never asked about.
    if (spaces.length !== records.length || !(await isStillRetiring(stores, records))) return false
    await stores.retirements.remove(records.map(({ spaceId }) => spaceId))
    for (const space of spaces) await saveArchived(stores, space, write)
    const archived = { ...location, version: location.version + 1, archivedAt: write.now, updatedAt: write.now }
    await stores.locations.update(archived)
    await stores.publish(locationArchived, id, toLocationState(archived))
    await stores.audit('location.archived', id)
    return true
  })
  if (isArchived) return
  await settleRetirements(deps, write, records)
  throw inUse('The location was changed meanwhile; try again.')
}

async function saveArchived(stores: Stores, space: SpaceRecord, write: WriteContext): Promise<void> {
  const archived = { ...space, version: space.version + 1, revision: space.revision + 1, archivedAt: write.now, updatedAt: write.now }
  await stores.spaces.update(archived)
  await stores.publish(spaceArchived, space.id, toSpaceState(archived))
  await stores.audit('space.archived', space.id)
}
