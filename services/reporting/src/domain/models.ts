import type { Interval, OpeningHours } from '@alcove/rules'

/** What reports need to know of a location. */
export interface LocationModel {
  id: string
  timeZone: string
  weekStartsOn: number
  isActive: boolean
  openingHours: OpeningHours
}

export interface SpaceModel {
  id: string
  locationId: string
  /** 0 for a space that is disabled or archived. */
  unitsActive: number
}

/** `spaceIds` null: the whole location. */
export interface ClosureModel extends Interval {
  locationId: string
  spaceIds: readonly string[] | null
}

/** Everything bookable, as it is now. */
export interface Estate {
  locations: LocationModel[]
  spaces: SpaceModel[]
  closures: ClosureModel[]
}
