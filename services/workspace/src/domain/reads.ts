import type { BodyOf, checkClosed, listClosures, listSpaces, QueryOf } from '@alcove/contracts'
import type { ClosureRecord } from './closure.ts'
import type { LocationRecord } from './location.ts'
import type { PolicyRecord } from './policy.ts'
import type { PriceBookRecord } from './price-book.ts'
import type { SpaceRecord } from './space.ts'

/** Newest first; `before` is the id of the last one seen. Answers may hold one more than `limit`. */
export interface PageRequest {
  limit: number
  before?: string
}

export type SpaceFilter = Omit<QueryOf<typeof listSpaces>, 'limit' | 'cursor'>
export type ClosureFilter = Omit<QueryOf<typeof listClosures>, 'limit' | 'cursor'>

/** A space in an interval. */
export type Occupancy = BodyOf<typeof checkClosed>

/** What the public API shows; nothing archived or deleted. */
export interface Reads {
  findLocation(id: string): Promise<LocationRecord | undefined>
  listLocations(page: PageRequest): Promise<LocationRecord[]>
  findSpace(id: string): Promise<SpaceRecord | undefined>
  listSpaces(page: PageRequest, filter: SpaceFilter): Promise<SpaceRecord[]>
  findClosure(id: string): Promise<ClosureRecord | undefined>
  /** Whether a closure hits it, as the database has it this moment: not from memory. */
  isClosed(at: Occupancy): Promise<boolean>
  listClosures(page: PageRequest, filter: ClosureFilter): Promise<ClosureRecord[]>
  findPolicy(id: string): Promise<PolicyRecord | undefined>
  listPolicies(page: PageRequest): Promise<PolicyRecord[]>
  findPriceBook(id: string): Promise<PriceBookRecord | undefined>
  listPriceBooks(page: PageRequest): Promise<PriceBookRecord[]>
}
