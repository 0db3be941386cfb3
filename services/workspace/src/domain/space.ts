import type { spaceCreated } from '@alcove/contracts'
import type { SpaceKind } from '@alcove/rules'

export type SpaceStatus = 'active' | 'disabled'

/** One of a space's interchangeable units; its name follows from its number. */
export interface UnitRecord {
  id: string
  number: number
  status: SpaceStatus
}

/** A space as it is stored, with the units it has at present in the order of their numbers. */
export interface SpaceRecord {
  id: string
  version: number
  /** Raised by every change that claims must know: units, buffers, status. */
  revision: number
  locationId: string
  name: string
  kind: SpaceKind
  capacity: number
  amenities: string[]
  bufferBeforeMinutes: number
  bufferAfterMinutes: number
  policyId: string | null
  priceBookId: string | null
  status: SpaceStatus
  floor: string | number | null
  archivedAt: Date | null
  createdAt: Date
  updatedAt: Date
  units: UnitRecord[]
}

/** `Window desks 3`; the unit of a space that has only one bears the space's own name. */
export function nameUnit(space: Pick<SpaceRecord, 'name' | 'units'>, unit: UnitRecord): string {
  return space.units.length === 1 && unit.number === 1 ? space.name : `${space.name} ${unit.number}`
}

/** The numbers for `count` more units: the lowest that are free. */
export function findFreeNumbers(units: readonly UnitRecord[], count: number): number[] {
  const taken = new Set(units.map(({ number }) => number))
  const free: number[] = []
  for (let number = 1; free.length < count; number++) if (!taken.has(number)) free.push(number)
  return free
}

/** Whether a change concerns claims, so that a quote made before it must not be used. */
export function affectsClaims(before: SpaceRecord, after: SpaceRecord): boolean {
  return (
    before.bufferBeforeMinutes !== after.bufferBeforeMinutes ||
    before.bufferAfterMinutes !== after.bufferAfterMinutes ||
    before.status !== after.status ||
    before.units.map(({ id, status }) => id + status).join() !== after.units.map(({ id, status }) => id + status).join()
  )
}

/** The public state that events carry. */
export function toSpaceState(space: SpaceRecord): (typeof spaceCreated)['example'] {
  const { id, units, archivedAt, status, createdAt: _createdAt, updatedAt: _updatedAt, ...state } = space
  return { ...state, spaceId: id, status: archivedAt ? 'archived' : status, units: units.map((unit) => ({ unitId: unit.id, status: unit.status })) }
}
