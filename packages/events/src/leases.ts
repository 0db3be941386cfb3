import { isGone, nameProcess, withTransaction } from '@alcove/database'
import type { Pool, PoolClient } from 'pg'

/** Options of {@link createLeaseKeeper}. */
export interface LeaseKeeperOptions {
  pool: Pool
  tables: { lease: string; member: string }
  /** Whose units are shared: `outbox`, or a consumer group. */
  scope: string
  /** Units by kind (topic): members that know a kind share its units, so replicas with different topics (a rolling update) leave none without owner. */
  kinds: ReadonlyMap<string, readonly string[]>
  /** A member that is silent for this long loses its units; default 6000 ms. Every send ends well before. */
  ttlMs?: number
}

/** Shares units (partitions) fairly among the living processes of a scope, one owner at a time each. */
export interface LeaseKeeper {
  /** Renews, takes what is free up to the fair share, and answers what is held and what of it exceeds the share: to be released when idle. */
  beat(): Promise<{ held: string[]; excess: string[] }>
  /** Gives units back; nothing of them may be in progress. */
  release(units: readonly string[]): Promise<void>
  /** Gives everything back and leaves. */
  leave(): Promise<void>
}

interface Member {
  owner: string
  kinds: string[]
}

/** One process in one scope. */
interface Self extends LeaseKeeperOptions {
  owner: string
  ttl: string
}

/**
 * Leases expire by the database's clock. An expired owner that goes on after a stall can only repeat work, which
 * the inbox removes. A dead process of this very machine is recognised at once, so a restart need not wait.
 */
export function createLeaseKeeper(options: LeaseKeeperOptions): LeaseKeeper {
  const { pool, scope, kinds } = options
  const { lease, member } = options.tables
  const self: Self = { ...options, owner: nameProcess(), ttl: `${options.ttlMs ?? 6000} milliseconds` }
  const { owner } = self
  let known = false
  return {
    async beat() {
      if (!known)
        await pool.query(`INSERT INTO ${lease} (scope, unit) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING`, [scope, [...kinds.values()].flat()])
      known = true
      return withTransaction(pool, (tx) => share(tx, self))
    },
    async release(given) {
      if (given.length === 0) return
      await pool.query(`UPDATE ${lease} SET owner = NULL, leased_until = NULL WHERE scope = $1 AND owner = $2 AND unit = ANY($3)`, [scope, owner, given])
    },
    async leave() {
      await pool.query(`UPDATE ${lease} SET owner = NULL, leased_until = NULL WHERE scope = $1 AND owner = $2`, [scope, owner])
      await pool.query(`DELETE FROM ${member} WHERE scope = $1 AND owner = $2`, [scope, owner])
    },
  }
}

async function share(tx: PoolClient, self: Self): Promise<{ held: string[]; excess: string[] }> {
  // A lost renewal only makes a lease end early: no reason to wait for the disk.
  await tx.query('SET LOCAL synchronous_commit = off')
  const { living, dead } = await listMembers(tx, self)
  const { rows } = await tx.query<{ unit: string }>(
    `UPDATE ${self.tables.lease} SET leased_until = clock_timestamp() + $3::interval WHERE scope = $1 AND owner = $2 RETURNING unit`,
    [self.scope, self.owner, self.ttl],
  )
  const renewed = new Set(rows.map((row) => row.unit))
  const held: string[] = []
  const excess: string[] = []
  for (const [index, [kind, units]] of [...self.kinds].entries()) {
    const sharing = living.filter((candidate) => candidate.kinds.includes(kind)).map((candidate) => candidate.owner)
    // Turned by the kind's place, so that the rests of uneven divisions do not all go to one member.
    const rank = (sharing.indexOf(self.owner) + index) % sharing.length
    const count = fairShare(units.length, sharing.length, rank)
    const own = units.filter((unit) => renewed.has(unit))
    if (own.length < count) own.push(...(await takeFree(tx, self, { units, count: count - own.length, dead })))
    held.push(...own)
    excess.push(...own.slice(count))
  }
  return { held, excess }
}

/** Announces this member, forgets dead ones, and answers the living (in one order for all) with the kinds they know. */
async function listMembers(tx: PoolClient, { tables, scope, owner, ttl, kinds }: Self): Promise<{ living: Member[]; dead: string[] }> {
  const { member } = tables
  await tx.query(
    `INSERT INTO ${member} (scope, owner, kinds, leased_until) VALUES ($1, $2, $4, clock_timestamp() + $3::interval)
     ON CONFLICT (scope, owner) DO UPDATE SET leased_until = excluded.leased_until`,
    [scope, owner, ttl, [...kinds.keys()]],
  )
  const { rows } = await tx.query<Member & { expired: boolean }>(
    `SELECT owner, kinds, leased_until < clock_timestamp() AS expired FROM ${member} WHERE scope = $1 ORDER BY owner`,
    [scope],
  )
  const isDead = (row: { owner: string; expired: boolean }) => row.expired || isGone(row.owner)
  const dead = rows.filter(isDead).map((row) => row.owner)
  if (dead.length > 0) {
    await tx.query(
      `DELETE FROM ${member} WHERE (scope, owner) IN (SELECT scope, owner FROM ${member} WHERE scope = $1 AND owner = ANY($2) FOR UPDATE SKIP LOCKED)`,
      [scope, dead],
    )
  }
  return { living: rows.filter((row) => !isDead(row)), dead }
}

async function takeFree(tx: PoolClient, self: Self, want: { units: readonly string[]; count: number; dead: readonly string[] }): Promise<string[]> {
  const { lease } = self.tables
  const { rows } = await tx.query<{ unit: string }>(
    `UPDATE ${lease} SET owner = $2, leased_until = clock_timestamp() + $3::interval WHERE scope = $1 AND unit IN (
       SELECT unit FROM ${lease} WHERE scope = $1 AND unit = ANY($6)
         AND (owner IS NULL OR leased_until < clock_timestamp() OR owner = ANY($5))
       ORDER BY unit LIMIT $4 FOR UPDATE SKIP LOCKED) RETURNING unit`,
    [self.scope, self.owner, self.ttl, want.count, want.dead, want.units],
  )
  return rows.map((row) => row.unit)
}

/** The rest of an uneven division goes to the first members, so that all shares together are all units. */
function fairShare(units: number, members: number, rank: number): number {
  return Math.floor(units / members) + (rank < units % members ? 1 : 0)
}
