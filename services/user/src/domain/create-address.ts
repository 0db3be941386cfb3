import { tooManyAddresses } from '../errors.ts'
import { type Address, addressesMax } from './address.ts'
import type { IdempotencyScope, InTransaction } from './ports.ts'

/** Adds an address to an existing profile; returns its id, the first one's when the request is a repeat. Throws `illegal-transition` beyond `addressesMax`. */
export async function createAddress(
  deps: { inTransaction: InTransaction; now: () => Date; newId: () => string },
  input: { userId: string; address: Omit<Address, 'id'>; idempotency?: IdempotencyScope },
): Promise<string> {
  const id = deps.newId()
  return deps.inTransaction(async (stores) => {
    const first = await stores.takeKey(input.idempotency, id)
    if (first) return first
    // The profile's lock makes counting and adding one step.
    await stores.profiles.lock(input.userId)
    if ((await stores.addresses.count(input.userId)) >= addressesMax) throw tooManyAddresses(addressesMax)
    await stores.addresses.insert(input.userId, { id, ...input.address }, deps.now())
    return id
  })
}
