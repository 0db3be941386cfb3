import { idempotencyKeyReused } from '../errors.ts'
import type { KeyedCommand, Stores, WriteContext, WriteDeps } from './stores.ts'

/** A creating request: who and when, its key if it has one, how to make the resource and how to find one made earlier. */
export interface Creation<R> {
  write: WriteContext
  command: KeyedCommand | undefined
  create(stores: Stores, id: string): Promise<R>
  find(stores: Stores, id: string): Promise<R | undefined>
}

/**
 * Creates a resource at most once per Idempotency-Key: a repeat answers with what the first made, as it is now, archived
 * or not. Whatever `create` throws undoes the key too, so a failure is not remembered.
 */
export async function createOnce<R>(deps: WriteDeps, creation: Creation<R>): Promise<R> {
  const id = deps.newId()
  return deps.inTransaction(creation.write, async (stores) => {
    const earlier = creation.command && (await stores.takeKey(creation.command, id))
    if (earlier === 'reused') throw idempotencyKeyReused()
    if (!earlier) return creation.create(stores, id)
    const found = await creation.find(stores, earlier.resourceId)
    if (!found) throw new Error('an idempotency key names a resource that does not exist')
    return found
  })
}
