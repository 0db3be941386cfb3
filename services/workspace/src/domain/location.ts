import type { locationCreated } from '@alcove/contracts'
import { checkHours, isTaxRate, isTimeZone, type Issue, type OpeningHours } from '@alcove/rules'

/** A location as it is stored. */
export interface LocationRecord {
  id: string
  version: number
  name: string
  timeZone: string
  address: string
  currency: string
  taxRatePercent: number
  weekStartsOn: number
  openingHours: OpeningHours
  archivedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

const currencies = new Set(Intl.supportedValuesOf('currency'))

/** What a schema cannot say of a location's members: zone, currency and tax rate that exist. */
export function checkLocation(members: { timeZone?: string; currency?: string; taxRatePercent?: number }): Issue[] {
  const issues: Issue[] = []
  if (members.timeZone !== undefined && !isTimeZone(members.timeZone)) {
    issues.push({ pointer: '/timeZone', code: 'time-zone', detail: 'must be the name of an IANA time zone such as Europe/Berlin' })
  }
  issues.push(...checkCurrency(members.currency))
  if (members.taxRatePercent !== undefined && !isTaxRate(members.taxRatePercent)) {
    issues.push({ pointer: '/taxRatePercent', code: 'decimals', detail: 'must have at most four decimals' })
  }
  return issues
}

export function checkCurrency(currency: string | undefined): Issue[] {
  if (currency === undefined || currencies.has(currency)) return []
  return [{ pointer: '/currency', code: 'currency', detail: 'must be a currency of ISO 4217' }]
}

export { checkHours }

/** The public state that events carry. */
export function toLocationState(location: LocationRecord): (typeof locationCreated)['example'] {
  const { id, version, name, timeZone, address, currency, taxRatePercent, openingHours, weekStartsOn, archivedAt } = location
  return {
    locationId: id,
    version,
    name,
    timeZone,
    address,
    currency,
    taxRatePercent,
    status: archivedAt ? 'archived' : 'active',
    openingHours: structuredClone(openingHours) as { weekly: []; exceptions: [] },
    weekStartsOn,
  }
}
