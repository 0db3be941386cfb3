import { toIso, type Scene } from './scene.ts'
import type { Booked } from './book.ts'

const DAY_MS = 86_400_000

interface Utilisation {
  readonly key: string
  readonly bookedMinutes: number
  readonly percent: number
  readonly bookings: number
}

/** Minutes booked on the location and day of a booking, as the utilisation report has them. */
export async function readUtilisation({ narrator, operator, location }: Scene, { slot }: Booked): Promise<Utilisation | undefined> {
  const from = Math.floor(Date.parse(slot.startsAt) / DAY_MS) * DAY_MS
  const query = new URLSearchParams({ from: toIso(from), to: toIso(from + DAY_MS), locationId: location.id, groupBy: 'space' })
  const { body } = await narrator.fetch<{ items: Utilisation[] }>('GET', `/api/v1/reports/utilisation?${query}`, { token: operator })
  return body.items?.find((item) => item.key === slot.spaceId)
}

/** The operator sees it. */
export async function showReport(scene: Scene, booked: Booked): Promise<void> {
  const { narrator } = scene
  narrator.step('The operator sees the booking in the utilisation report')
  const row = await narrator.waitFor('the booking in the report', async () => {
    const found = await readUtilisation(scene, booked)
    return found && found.bookedMinutes >= 120 ? found : undefined
  })
  narrator.check(
    row.bookings >= 1,
    `that desk, that day: ${row.bookedMinutes} minutes booked by ${row.bookings} booking${row.bookings === 1 ? '' : 's'}, ${row.percent} % of its time`,
    row,
  )
}
