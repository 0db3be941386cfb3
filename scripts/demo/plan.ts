import { offsetAt } from '@alcove/rules'
import type { DemoKind } from './catalogue.ts'
import type { Place } from './places.ts'
import { createRandom } from '../random.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
export const DAYS_EACH_WAY = 14

export type Fate = 'attended' | 'left early' | 'cancelled' | 'kept'

/** A booking that somebody of the demo makes, and what becomes of it. */
export interface PlannedBooking {
  readonly key: string
  readonly spaceId: string
  /** Index into the demo's members. */
  readonly member: number
  readonly startsAt: number
  readonly endsAt: number
  readonly bookedAt: number
  readonly title: string | undefined
  readonly fate: Fate
}

/** Local starting hours and lengths that people choose, by kind. They never meet on one unit of a day. */
const SLOTS: Readonly<Record<DemoKind, readonly (readonly [startHour: number, hours: number])[]>> = {
  desk: [
    [9, 4],
    [14, 3],
  ],
  room: [
    [10, 1],
    [13, 2],
    [16, 1],
  ],
  office: [[9, 8]],
  equipment: [[11, 2]],
}
/** How likely a slot is taken; people come less at weekends. */
const BUSY: Readonly<Record<DemoKind, number>> = { desk: 0.14, room: 0.1, office: 0.12, equipment: 0.06 }
const WEEKEND_FACTOR = 0.35
const TITLES = ['Sprint planning', 'Client call', 'Interviews', 'Board prep', 'Design review', 'Retrospective', 'Workshop']

/**
 * Two weeks of bookings before and after a moment. The same for the same places and moment, so that an interrupted run
 * goes on where it was.
 */
export function planBookings(places: readonly Place[], now: number, members: number): PlannedBooking[] {
  const random = createRandom(20_261)
  const today = Math.floor(now / DAY_MS) * DAY_MS
  const days = Array.from({ length: 2 * DAYS_EACH_WAY + 1 }, (_, index) => index - DAYS_EACH_WAY)
  const candidates = days.flatMap((day) => places.flatMap((place, index) => SLOTS[place.kind].map((slot) => ({ day, place, index, slot }))))
  return candidates.flatMap(({ day, place, index, slot: [startHour, hours] }) => {
    // Drawn even when unused, so that each slot depends on nothing but its place in the calendar.
    const [busy, ahead, who, title, fate] = [random(), random(), random(), random(), random()] as const
    const date = today + day * DAY_MS
    if (busy > BUSY[place.kind] * (isWeekend(date) ? WEEKEND_FACTOR : 1)) return []
    const startsAt = toInstant(place.timeZone, date, startHour)
    const booked = Math.min(startsAt - Math.ceil(ahead * 4 * 24) * HOUR_MS, now)
    return {
      key: `${day}.${index}.${startHour}`,
      spaceId: place.spaceId,
      startsAt,
      endsAt: startsAt + hours * HOUR_MS,
      bookedAt: Math.max(booked, today - (DAYS_EACH_WAY + 1) * DAY_MS),
      member: Math.floor(who * members),
      title: place.kind === 'room' ? TITLES[Math.floor(title * TITLES.length)] : undefined,
      fate: chooseFate(fate, startsAt + 10 * 60_000 < now),
    }
  })
}

const isWeekend = (date: number): boolean => [0, 6].includes(new Date(date).getUTCDay())

function chooseFate(draw: number, hasBegun: boolean): Fate {
  if (draw < 0.08) return 'cancelled'
  if (!hasBegun) return 'kept'
  return draw < 0.2 ? 'left early' : 'attended'
}

const toInstant = (timeZone: string, midnight: number, hour: number): number => {
  const local = midnight + hour * HOUR_MS
  return local - offsetAt(timeZone, local)
}
