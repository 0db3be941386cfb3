import { ensureProfile, type EnsureProfileDeps } from './ensure-profile.ts'
import type { FullUser } from './get-user.ts'
import type { AccountDirectory } from './ports.ts'

/**
 * People newest first, with one more than `limit` when there is another page. A query is a part of the name, which is
 * here, or of the e-mail address, which is auth's: the first of both lists, merged, are the first of the whole.
 */
export async function listUsers(
  deps: EnsureProfileDeps,
  accounts: AccountDirectory,
  input: { query?: string; beforeId?: string; limit: number },
): Promise<{ users: FullUser[]; nextId: string | null }> {
  const { query, beforeId, limit } = input
  const [named, mailed] = await Promise.all([
    deps.people.listIds({ nameContains: query, beforeId, limit: limit + 1 }),
    query === undefined ? [] : accounts.listByEmail({ contains: query, beforeId, limit: limit + 1 }),
  ])
  const found = [...new Set([...named, ...mailed.map(({ id }) => id)])].sort().reverse()
  const ids = found.slice(0, limit)
  return { users: await compose(deps, accounts, ids), nextId: found.length > limit ? ids.at(-1)! : null }
}

async function compose(deps: EnsureProfileDeps, accounts: AccountDirectory, ids: readonly string[]): Promise<FullUser[]> {
  if (ids.length === 0) return []
  const [known, people] = await Promise.all([accounts.listByIds(ids), deps.people.listByIds(ids)])
  const personById = new Map(people.map((person) => [person.id, person]))
  const accountById = new Map(known.map((account) => [account.id, account]))
  const users: FullUser[] = []
  for (const id of ids) {
    const account = accountById.get(id)
    // Unknown to auth: erased meanwhile.
    if (account) users.push({ account, person: personById.get(id) ?? (await ensureProfile(deps, account)) })
  }
  return users
}
