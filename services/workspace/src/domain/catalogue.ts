import type { EffectivePolicy } from '@alcove/contracts'
import type { Interval, OpeningHours, PriceBook, SpaceKind } from '@alcove/rules'
import type { SpaceStatus } from './space.ts'

/** A space as quotes and schedules see it. */
export interface CatalogueSpace {
  id: string
  locationId: string
  name: string
  kind: SpaceKind
  capacity: number
  revision: number
  status: SpaceStatus
  amenities: string[]
  bufferBeforeMinutes: number
  bufferAfterMinutes: number
  policy: EffectivePolicy
  priceBook: PriceBook | undefined
  /** Active ones, by number. */
  units: { id: string; name: string }[]
  /** Of this space alone, by start. */
  closures: Interval[]
}

/** A location with everything in it, read in one statement: one moment of the database. */
export interface CatalogueLocation {
  id: string
  name: string
  timeZone: string
  currency: string
  weekStartsOn: number
  taxRatePercent: number
  openingHours: OpeningHours
  /** Of the whole location, by start. */
  closures: Interval[]
  spaces: Map<string, CatalogueSpace>
}

/** What quotes and schedules read; nothing archived, and never older than about half a second. */
export interface Catalogue {
  findLocation(id: string): Promise<CatalogueLocation | undefined>
  /** The location that holds the space. `revisionMin`: read anew when the space is older than that. */
  findLocationOfSpace(spaceId: string, revisionMin?: number): Promise<CatalogueLocation | undefined>
  listLocationIds(): Promise<string[]>
  /** Forgets everything: called after each write of this process. */
  clear(): void
}
