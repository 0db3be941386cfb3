import type { listClosures, listSpaces, QueryOf } from '@alcove/contracts'
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

/** What the public API shows; nothing archived or deleted. */
export interface Reads {
  findLocation(id: string): Promise<LocationRecord | undefined>
  listLocations(page: PageRequest): Promise<LocationRecord[]>
  findSpace(id: string): Promise<SpaceRecord | undefined>
  listSpaces(page: PageRequest, filter: SpaceFilter): Promise<SpaceRecord[]>
  findClosure(id: string): Promise<ClosureRecord | undefined>
  listClosures(page: PageRequest, filter: ClosureFilter): Promise<ClosureRecord[]>
  findPolicy(id: string): Promise<PolicyRecord | undefined>
  listPolicies(page: PageRequest): Promise<PolicyRecord[]>
  findPriceBook(id: string): Promise<PriceBookRecord | undefined>
  listPriceBooks(page: PageRequest): Promise<PriceBookRecord[]>
}
