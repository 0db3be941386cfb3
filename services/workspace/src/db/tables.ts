import type { ClosureRecord } from '../domain/closure.ts'
import type { LocationRecord } from '../domain/location.ts'
import type { PolicyRecord } from '../domain/policy.ts'
import type { PriceBookRecord } from '../domain/price-book.ts'
import type { SpaceRecord } from '../domain/space.ts'

/** A table as statements need it: the columns of a record's members. `json` members are written as JSON text, since pg makes SQL arrays of lists. */
export interface TableMap<R> {
  name: string
  columns: { [M in keyof R]: string }
  json: readonly (keyof R)[]
}

export const locationTable: TableMap<LocationRecord> = {
  name: 'location',
  columns: {
    id: 'id',
    version: 'version',
    name: 'name',
    timeZone: 'time_zone',
    address: 'address',
    currency: 'currency',
    taxRatePercent: 'tax_rate_percent',
    weekStartsOn: 'week_starts_on',
    openingHours: 'opening_hours',
    archivedAt: 'archived_at',
    createdAt: 'created_at',
    updatedAt: 'updated_at',
  },
  json: ['openingHours'],
}

export const spaceTable: TableMap<Omit<SpaceRecord, 'units'>> = {
  name: 'space',
  columns: {
    id: 'id',
    version: 'version',
    revision: 'revision',
    locationId: 'location_id',
    name: 'name',
    kind: 'kind',
    capacity: 'capacity',
    amenities: 'amenities',
    bufferBeforeMinutes: 'buffer_before_minutes',
    bufferAfterMinutes: 'buffer_after_minutes',
    policyId: 'policy_id',
    priceBookId: 'price_book_id',
    status: 'status',
    floor: 'floor',
    archivedAt: 'archived_at',
    createdAt: 'created_at',
    updatedAt: 'updated_at',
  },
  json: ['floor'],
}

export const closureTable: TableMap<ClosureRecord> = {
  name: 'closure',
  columns: {
    id: 'id',
    version: 'version',
    locationId: 'location_id',
    spaceIds: 'space_ids',
    startsAt: 'starts_at',
    endsAt: 'ends_at',
    reason: 'reason',
    deletedAt: 'deleted_at',
    createdAt: 'created_at',
  },
  json: [],
}

export const policyTable: TableMap<PolicyRecord> = {
  name: 'policy',
  columns: {
    id: 'id',
    version: 'version',
    name: 'name',
    minMinutes: 'min_minutes',
    maxMinutes: 'max_minutes',
    gridMinutes: 'grid_minutes',
    leadMinutes: 'lead_minutes',
    advanceDays: 'advance_days',
    cancellation: 'cancellation',
    createdAt: 'created_at',
    updatedAt: 'updated_at',
  },
  json: ['cancellation'],
}

export const priceBookTable: TableMap<PriceBookRecord> = {
  name: 'price_book',
  columns: {
    id: 'id',
    version: 'version',
    name: 'name',
    currency: 'currency',
    rules: 'rules',
    dayCapMinor: 'day_cap_minor',
    createdAt: 'created_at',
    updatedAt: 'updated_at',
  },
  json: ['rules'],
}
