import type { AuditAction, EventType } from '@alcove/contracts'
import type { TSchema } from 'typebox'
import type { ClosureRecord } from './closure.ts'
import type { LocationRecord } from './location.ts'
import type { PolicyRecord } from './policy.ts'
import type { PriceBookRecord } from './price-book.ts'
import type { SpaceRecord, UnitRecord } from './space.ts'

/** `update` for the one who changes the row, `share` for one who only needs it to stay as it is until the commit. */
export type LockMode = 'update' | 'share'

/** A creating request that carries a key. */
export interface KeyedCommand {
  principalId: string
  method: string
  path: string
  key: string
  body: unknown
}

/** A space that booking has been asked to let go (see the table's comment). */
export interface RetirementRecord {
  spaceId: string
  id: string
  nextRevision: number
  startedAt: Date
}

interface Table<R> {
  /** Locked until the commit; archived and deleted rows too. */
  lock(id: string, mode?: LockMode): Promise<R | undefined>
  insert(record: R): Promise<void>
  update(record: R): Promise<void>
}

/**
 * What one transaction may do. Rows are locked in this order, so that no two writers wait for each other: location, space
 * (by id), policy, price book.
 */
export interface Stores {
  locations: Table<LocationRecord>
  spaces: Table<SpaceRecord> & {
    /** Without a lock, to learn which location must be locked first. */
    find(id: string): Promise<SpaceRecord | undefined>
    /** Those not archived, locked, by id. */
    lockOfLocation(locationId: string): Promise<SpaceRecord[]>
    /** Which of the ids are spaces of the location and not archived. */
    listPresentIds(locationId: string, ids: readonly string[]): Promise<string[]>
    insertUnits(spaceId: string, units: readonly UnitRecord[]): Promise<void>
    removeUnits(ids: readonly string[], at: Date): Promise<void>
  }
  closures: Table<ClosureRecord>
  policies: Table<PolicyRecord>
  priceBooks: Table<PriceBookRecord> & {
    /** Currencies of the locations whose spaces use the book. */
    listLocationCurrencies(priceBookId: string): Promise<string[]>
    /** Currencies of the books that spaces of the location use. */
    listBookCurrencies(locationId: string): Promise<string[]>
  }
  retirements: {
    find(spaceIds: readonly string[]): Promise<RetirementRecord[]>
    insert(records: readonly RetirementRecord[]): Promise<void>
    remove(spaceIds: readonly string[]): Promise<void>
    /** Begun before an instant. */
    listStale(before: Date): Promise<RetirementRecord[]>
  }
  /** Takes an Idempotency-Key: the resource it made earlier, `reused` for another body, or undefined when it is new. */
  takeKey(command: KeyedCommand, resourceId: string): Promise<{ resourceId: string } | 'reused' | undefined>
  /** Writes an event of an aggregate whose row this transaction holds. */
  publish<S extends TSchema>(eventType: EventType<S>, key: string, data: EventType<S>['example']): Promise<void>
  /** Says who did it, for the audit log: `space.updated`. */
  audit(action: AuditAction, subject: string): Promise<void>
}

/** Who writes, when, and in which request. `actorId` null: the service itself. */
export interface WriteContext {
  now: Date
  actorId: string | null
  requestId: string | null
  traceparent: string | null
  /** Where the request came from; known of requests alone. */
  address?: string | null
}

/** Runs a callback in one transaction; what it published leaves after the commit, and every cache forgets what it changed. */
export type InTransaction = <T>(write: WriteContext, run: (stores: Stores) => Promise<T>) => Promise<T>

/** What every writing use case needs. */
export interface WriteDeps {
  inTransaction: InTransaction
  newId: () => string
}
