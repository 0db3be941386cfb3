import type { AnalyticsOverview } from '@alcove/contracts'
import { countBookable } from './bookable.ts'
import { dayOf } from './group.ts'
import type { RevenueDeps } from './revenue.ts'
import { toPercent, type UtilisationDeps } from './utilisation.ts'

export interface OverviewDeps extends UtilisationDeps, RevenueDeps {
  countCheckedIn(): Promise<number>
  countStarting(buckets: readonly { locationId: string; startsAt: number; endsAt: number }[]): Promise<number>
  countDeadLetters(): Promise<number>
}

/** Today in numbers; every location has its own today. */
export async function summariseToday(deps: OverviewDeps, now: Date): Promise<Omit<AnalyticsOverview, 'asOf'>> {
  // Two days on each side: no zone is further from UTC than 14 hours.
  const around = { startsAt: now.getTime() - 2 * 86_400_000, endsAt: now.getTime() + 2 * 86_400_000 }
  const estate = await deps.readEstate({ range: around })
  const today = estate.locations.map((location) => ({ ...dayOf(location.timeZone, now.getTime()), key: '', locationId: location.id }))
  const [booked, money, bookingsToday, checkedInNow, deadLetters] = await Promise.all([
    deps.sumBooked(today, { perSpace: false }),
    deps.sumMoney(today, { perSpace: false }),
    deps.countStarting(today),
    deps.countCheckedIn(),
    deps.countDeadLetters(),
  ])
  const bookable = estate.locations.flatMap((location, index) => {
    const own = <T extends { locationId: string }>(things: readonly T[]) => things.filter(({ locationId }) => locationId === location.id)
    return [...countBookable(location, { spaces: own(estate.spaces), closures: own(estate.closures) }, [today[index]!]).values()].flat()
  })
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
  const revenue = Map.groupBy(money, ({ currency }) => currency)
  return {
    bookingsToday,
    checkedInNow,
    percentUtilised: toPercent(sum(booked.map(({ minutes }) => minutes)), sum(bookable)),
    revenueToday: [...revenue]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([currency, rows]) => ({ currency, amountMinor: sum(rows.map(({ capturedMinor, refundedMinor }) => capturedMinor - refundedMinor)) })),
    deadLetters,
  }
}
