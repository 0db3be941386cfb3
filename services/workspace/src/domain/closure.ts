import type { closureCreated } from '@alcove/contracts'

/** A closure as it is stored. */
export interface ClosureRecord {
  id: string
  version: number
  locationId: string
  /** Empty: the whole location. */
  spaceIds: string[]
  startsAt: Date
  endsAt: Date
  reason: string
  deletedAt: Date | null
  createdAt: Date
}

/** The public state that events carry; the reason is free text and is asked of workspace when it is shown. */
export function toClosureState(closure: ClosureRecord): (typeof closureCreated)['example'] {
  const { id, version, locationId, spaceIds, startsAt, endsAt } = closure
  return {
    closureId: id,
    version,
    locationId,
    spaceIds: (spaceIds.length > 0 ? spaceIds : null) as null,
    startsAt: toInstantText(startsAt),
    endsAt: toInstantText(endsAt),
  }
}

/** RFC 3339 in UTC, whole seconds. */
export const toInstantText = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`
