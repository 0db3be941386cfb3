import { type BodyOf, closureCreated, closureDeleted, type createClosure as createClosureOperation } from '@alcove/contracts'
import { assertPresent, notFound, rulesBroken } from '../errors.ts'
import { type ClosureRecord, toClosureState } from './closure.ts'
import { createOnce } from './create-once.ts'
import type { KeyedCommand, WriteContext, WriteDeps } from './stores.ts'

/** Instants are whole seconds. */
const toSecond = (instant: string): Date => new Date(Math.floor(Date.parse(instant) / 1000) * 1000)

/**
 * Closes a location, or some of its spaces, for a time. Quotes refuse it at once here and within half a second at other
 * replicas; booking's claims refuse it by themselves once they have its event.
 * @throws 404 unknown location or space; 422 `interval-invalid`, `idempotency-key-reused`
 */
export async function createClosure(
  deps: WriteDeps,
  { write, command, body }: { write: WriteContext; command: KeyedCommand | undefined; body: BodyOf<typeof createClosureOperation> },
): Promise<ClosureRecord> {
  const startsAt = toSecond(body.startsAt)
  const endsAt = toSecond(body.endsAt)
  return createOnce(deps, {
    write,
    command,
    find: (stores, id) => stores.closures.lock(id, 'share'),
    async create(stores, id) {
      assertPresent(await stores.locations.lock(body.locationId, 'share'), 'location')
      const spaceIds = body.spaceIds ?? []
      const present = spaceIds.length > 0 ? await stores.spaces.listPresentIds(body.locationId, spaceIds) : []
      if (present.length < spaceIds.length) throw notFound('There is no such space in the location.')
      if (endsAt <= startsAt) throw rulesBroken([{ code: 'interval-invalid', detail: 'The end must be after the start.', pointer: '/endsAt' }])
      const closure = { id, version: 1, locationId: body.locationId, spaceIds, startsAt, endsAt, reason: body.reason, deletedAt: null, createdAt: write.now }
      await stores.closures.insert(closure)
      await stores.publish(closureCreated, id, toClosureState(closure))
      await stores.audit('closure.created', id)
      return closure
    },
  })
}

/** Takes a closure back. @throws 404 */
export async function deleteClosure(deps: WriteDeps, { write, id }: { write: WriteContext; id: string }): Promise<void> {
  await deps.inTransaction(write, async (stores) => {
    const closure = assertPresent(await stores.closures.lock(id), 'closure')
    const deleted = { ...closure, version: closure.version + 1, deletedAt: write.now }
    await stores.closures.update(deleted)
    await stores.publish(closureDeleted, id, toClosureState(deleted))
    await stores.audit('closure.deleted', id)
  })
}
