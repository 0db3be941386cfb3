import type { RevenueItem, UtilisationItem } from '@alcove/contracts'
import type { Session } from '../api.ts'
import { query, type Books } from '../databases.ts'
import type { Place } from '../places.ts'
import type { Verdict } from './invariants.ts'

interface Figures extends Record<string, unknown> {
  location_id: string
  bookings: number
  minutes: number
  booked_minor: number
}

const standing = `status IN ('confirmed', 'checked_in', 'completed', 'no_show')`

/** What an operator is answered about these places, against what booking and payment hold themselves. */
export async function judgeAnswers(
  books: Books,
  operator: Session,
  { places, from, to }: { places: readonly Place[]; from: string; to: string },
): Promise<Verdict> {
  const owned = await query<Figures>(
    books,
    'booking',
    `SELECT location_id, count(*)::int AS bookings, round(sum(extract(epoch FROM ends_at - starts_at)) / 60)::int AS minutes, coalesce(sum(total_minor) FILTER (WHERE payment_method <> 'credits'), 0)::int AS booked_minor
     FROM booking WHERE ${standing} GROUP BY location_id`,
  )
  const money = await sumMoney(books)
  const range = `from=${from}&to=${to}&groupBy=location`
  const utilisation = await operator.call<{ items: UtilisationItem[] }>('GET', `/api/v1/reports/utilisation?${range}`)
  const revenue = await operator.call<{ items: RevenueItem[] }>('GET', `/api/v1/reports/revenue?${range}`)
  if (utilisation.status !== 200 || revenue.status !== 200) throw new Error(`reports: ${utilisation.status}, ${revenue.status}`)
  const wrong = places.flatMap(({ locationId }) => {
    const own = owned.find((row) => row.location_id === locationId)
    const used = utilisation.body.items.find((item) => item.key === locationId)
    const earned = revenue.body.items.filter((item) => item.key === locationId)
    const sum = (of: (item: RevenueItem) => number) => earned.reduce((total, item) => total + of(item), 0)
    const expected = [own?.bookings ?? 0, own?.minutes ?? 0, own?.booked_minor ?? 0, money.get(locationId)?.captured ?? 0, money.get(locationId)?.refunded ?? 0]
    const answered = [
      used?.bookings ?? 0,
      used?.bookedMinutes ?? 0,
      sum((item) => item.bookedMinor),
      sum((item) => item.capturedMinor),
      sum((item) => item.refundedMinor),
    ]
    return String(expected) === String(answered)
      ? []
      : [`location ${locationId}: bookings, minutes, booked, captured, refunded are ${expected.join(', ')}; answered: ${answered.join(', ')}`]
  })
  return { name: 'what reporting answers', figures: `${places.length} locations`, wrong }
}

/** Captured and refunded by location: bookings are booking's, money is payment's. */
async function sumMoney(books: Books): Promise<Map<string, { captured: number; refunded: number }>> {
  const locations = await query<{ id: string; location_id: string }>(books, 'booking', 'SELECT id, location_id FROM booking')
  const locationOf = new Map(locations.map((row) => [row.id, row.location_id]))
  const payments = await query<{ booking_id: string; captured: number; refunded: number }>(
    books,
    'payment',
    `SELECT booking_id, captured_minor::int AS captured, refunded_minor::int AS refunded FROM payment WHERE method = 'card'`,
  )
  const sums = new Map<string, { captured: number; refunded: number }>()
  for (const { booking_id, captured, refunded } of payments) {
    const location = locationOf.get(booking_id) ?? 'none'
    const sum = sums.get(location) ?? { captured: 0, refunded: 0 }
    sums.set(location, { captured: sum.captured + captured, refunded: sum.refunded + refunded })
  }
  return sums
}
