import type { AccountDirectory, PeopleReader } from './ports.ts'

const batch = 200

/**
 * Asks auth for the names that events cannot carry. Idempotent and safe on any number of replicas: a name the person has
 * edited meanwhile stays. Throws when auth is down; the next run begins where this one ended.
 */
export async function completeNames(deps: { people: PeopleReader; accounts: Pick<AccountDirectory, 'listByIds'> }): Promise<void> {
  for (;;) {
    const ids = await deps.people.listNameDue(batch)
    if (ids.length === 0) return
    const names = new Map((await deps.accounts.listByIds(ids)).map((account) => [account.id, account.displayName]))
    // Unknown to auth: erased meanwhile, so nothing is due any more.
    for (const id of ids) await deps.people.setName(id, names.get(id) ?? null)
    if (ids.length < batch) return
  }
}
