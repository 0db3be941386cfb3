import { notAnAdmin } from '../errors.ts'
import type { Stores } from './ports.ts'

/** Judges by the actor's own row in the transaction of the act: the role in a token may have been taken away since. Throws `forbidden`. */
export async function assertActingAdmin(stores: Stores, actorUserId: string): Promise<void> {
  if (!(await stores.accounts.isActiveAdmin(actorUserId))) throw notAnAdmin()
}
