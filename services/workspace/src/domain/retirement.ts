import { spaceUpdated } from '@alcove/contracts'
import { inUse } from '../errors.ts'
import { type SpaceRecord, toSpaceState } from './space.ts'
import type { RetirementRecord, Stores, WriteContext, WriteDeps } from './stores.ts'

/** How long whoever asks booking is left alone; its call has at most 5 s. */
const staleAfterMs = 30_000

/** What of the caller's request an outgoing call takes along. */
export interface CallContext {
  deadline: { remainingMs(): number }
  signal: AbortSignal
  requestId: string
  traceparent: string
}

/** `unitIds` null: every unit. */
export interface RetireRequest {
  at: Date
  spaces: { spaceId: string; nextRevision: number; unitIds: string[] | null }[]
}

export interface RetireDeps extends WriteDeps {
  /** Asks booking whether future claims exist; if none do, it accepts no quote older than `nextRevision` from then on. */
  retireUnits(request: RetireRequest, call: CallContext): Promise<{ inUse: boolean }>
}

/**
 * Marks spaces, which this transaction has locked, as being asked about. Marks left behind by a killed process are settled
 * on the way.
 * @throws 409 `in-use` while another change asks about one of them
 */
export async function beginRetirement(
  stores: Stores,
  spaces: readonly SpaceRecord[],
  write: WriteContext & { retirementId: string },
): Promise<RetirementRecord[]> {
  const bySpace = new Map(spaces.map((space) => [space.id, space]))
  await assertNotRetiring(stores, bySpace, write)
  const records = [...bySpace.values()].map((space) => ({ spaceId: space.id, id: write.retirementId, nextRevision: space.revision + 1, startedAt: write.now }))
  await stores.retirements.insert(records)
  return records
}

/** 409 while booking is being asked about one of the spaces. `spaces` then holds them as they are after settling old marks. */
export async function assertNotRetiring(stores: Stores, spaces: Map<string, SpaceRecord>, write: WriteContext): Promise<void> {
  for (const record of await stores.retirements.find([...spaces.keys()])) {
    if (write.now.getTime() - record.startedAt.getTime() < staleAfterMs) throw inUse('Another change of the space is under way; try again in a moment.')
    const settled = await settleOne(stores, record)
    if (settled) spaces.set(record.spaceId, settled)
  }
}

/** The marks, if they are still this change's own: else somebody settled them because this took too long. */
export async function isStillRetiring(stores: Stores, records: readonly RetirementRecord[]): Promise<boolean> {
  const found = await stores.retirements.find(records.map(({ spaceId }) => spaceId))
  return found.length === records.length && found.every((record) => record.id === records[0]?.id)
}

/**
 * Gives the spaces back unchanged but with the revision that booking may by now ask for: without it no quote would be
 * accepted any more. Right whatever booking answered or is still about to do.
 */
export async function settleRetirements(deps: WriteDeps, write: WriteContext, records: readonly RetirementRecord[]): Promise<void> {
  await deps.inTransaction(write, async (stores) => {
    const found = await stores.retirements.find(records.map(({ spaceId }) => spaceId))
    const own = new Map(records.map((record) => [record.spaceId, record.id]))
    for (const record of found) if (record.id === own.get(record.spaceId)) await settleOne(stores, record)
  })
}

async function settleOne(stores: Stores, record: RetirementRecord): Promise<SpaceRecord | undefined> {
  const space = await stores.spaces.lock(record.spaceId)
  await stores.retirements.remove([record.spaceId])
  if (!space || space.revision >= record.nextRevision) return space
  const raised = { ...space, revision: record.nextRevision, version: space.version + 1 }
  await stores.spaces.update(raised)
  await stores.publish(spaceUpdated, space.id, toSpaceState(raised))
  return raised
}

/** Settles marks that no process is working on any more; for a sweep. Late runs only make somebody wait longer. */
export async function settleStaleRetirements(deps: WriteDeps, write: WriteContext): Promise<void> {
  const stale = await deps.inTransaction(write, (stores) => stores.retirements.listStale(new Date(write.now.getTime() - staleAfterMs)))
  // One by one: each is a transaction of its own, so that one that cannot be settled keeps no other waiting.
  for (const record of stale) await settleRetirements(deps, write, [record])
}

/** A retirement under way: its marks and the request it belongs to. */
export interface Retirement {
  write: WriteContext
  call: CallContext
  records: readonly RetirementRecord[]
}

// The most that one question may name (contracts, retire-units).
const spacesPerQuestion = 2_000

/**
 * Asks booking about whole spaces.
 * @throws 409 `in-use`; 503 when booking gives no answer. The marks are then gone.
 */
export async function retireSpaces(deps: RetireDeps, retirement: Retirement): Promise<void> {
  const { write, call, records } = retirement
  const spaces = records.map(({ spaceId, nextRevision }) => ({ spaceId, nextRevision, unitIds: null }))
  for (let from = 0; from < spaces.length; from += spacesPerQuestion) {
    const asked = spaces.slice(from, from + spacesPerQuestion)
    const { inUse: isInUse } = await guard(deps, retirement, () => deps.retireUnits({ at: write.now, spaces: asked }, call))
    if (!isInUse) continue
    // Booking puts back what one question asked for; what an earlier one did stands.
    if (from > 0) await settleRetirements(deps, write, records)
    else await deps.inTransaction(write, (stores) => stores.retirements.remove(records.map(({ spaceId }) => spaceId)))
    throw inUse('There are future bookings.')
  }
}

const probesMax = 60

/**
 * Finds `count` units of a space without future bookings, the last ones first, and retires them together.
 * @throws 409 `in-use` when there are too few; 503 when booking gives no answer. The mark is then gone.
 */
export async function retireUnused(deps: RetireDeps, retirement: Retirement & { space: SpaceRecord; count: number }): Promise<string[]> {
  const { space, count, write, call, records } = retirement
  const [{ nextRevision }] = records as [RetirementRecord]
  const ask = async (unitIds: string[]) => !(await deps.retireUnits({ at: write.now, spaces: [{ spaceId: space.id, nextRevision, unitIds }] }, call)).inUse
  const fromLast = space.units.map(({ id }) => id).reverse()
  const retired = await guard(deps, retirement, async () => {
    const last = fromLast.slice(0, count)
    if (await ask(last)) return last
    if (count === fromLast.length) return undefined
    const unused = await findUnused(ask, fromLast, count)
    // Each question stands for itself: only this last one keeps all of them free until the change is stored.
    return unused && (await ask(unused)) ? unused : undefined
  })
  if (retired) return retired
  // A probe that found a unit free may have left booking asking for the next revision.
  await settleRetirements(deps, write, records)
  throw inUse('Too few units are without future bookings.')
}

async function findUnused(ask: (unitIds: string[]) => Promise<boolean>, unitIds: readonly string[], count: number): Promise<string[] | undefined> {
  const unused: string[] = []
  for (const id of unitIds.slice(0, probesMax)) {
    if (await ask([id])) unused.push(id)
    if (unused.length === count) return unused
  }
  return undefined
}

/** Runs the questions; whatever goes wrong with them, the spaces are given back. */
async function guard<T>(deps: RetireDeps, { write, records }: Retirement, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    await settleRetirements(deps, write, records)
    throw error
  }
}
