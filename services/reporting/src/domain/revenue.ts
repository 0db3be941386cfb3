import type { RevenueItem } from '@alcove/contracts'
import { divideRange } from './group.ts'
import type { LocationBucket, ReportInput, UtilisationDeps } from './utilisation.ts'

/** Money of the bookings that begin in one bucket. */
export interface MoneyRow {
  bucket: number
  spaceId: string | null
  currency: string
  bookedMinor: number
  capturedMinor: number
  refundedMinor: number
}

export interface RevenueDeps extends Pick<UtilisationDeps, 'readEstate'> {
  sumMoney(buckets: readonly LocationBucket[], options: { perSpace: boolean }): Promise<MoneyRow[]>
}

/** Revenue by group and currency, ascending; a booking's money belongs to the group in which it begins. */
export async function reportRevenue(deps: RevenueDeps, input: ReportInput): Promise<RevenueItem[]> {
  const { locations } = await deps.readEstate(input)
  const buckets = locations.flatMap((location) => divideRange(input.range, location, input.groupBy).map((bucket) => ({ ...bucket, locationId: location.id })))
  const items = new Map<string, RevenueItem>()
  for (const row of await deps.sumMoney(buckets, { perSpace: input.groupBy === 'space' })) {
    const bucket = buckets[row.bucket]!
    const key = input.groupBy === 'space' ? row.spaceId! : input.groupBy === 'location' ? bucket.locationId : bucket.key
    const name = `${key} ${row.currency}`
    const item = items.get(name) ?? { key, currency: row.currency, bookedMinor: 0, capturedMinor: 0, refundedMinor: 0 }
    item.bookedMinor += row.bookedMinor
    item.capturedMinor += row.capturedMinor
    item.refundedMinor += row.refundedMinor
    items.set(name, item)
  }
  return [...items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item)
}
