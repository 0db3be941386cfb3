import type { priceBookCreated } from '@alcove/contracts'
import type { Issue, PriceRule } from '@alcove/rules'

/** A price book as it is stored. */
export interface PriceBookRecord {
  id: string
  version: number
  name: string
  currency: string
  rules: PriceRule[]
  dayCapMinor: number | null
  createdAt: Date
  updatedAt: Date
}

/** A location's prices are in one currency. `pointer` is the member that was written. */
export function checkSameCurrency(pointer: string, priceBook: string, location: string): Issue[] {
  if (priceBook === location) return []
  return [{ pointer, code: 'currency-mismatch', detail: `the price book is in ${priceBook}, the location in ${location}` }]
}

/** The public state that events carry. */
export function toPriceBookState({ id, version, name, currency, rules, dayCapMinor }: PriceBookRecord) {
  return { priceBookId: id, version, name, currency, rules, dayCapMinor } as unknown as (typeof priceBookCreated)['example']
}
