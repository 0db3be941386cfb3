import type { Booking, Location, Space, SpaceAvailability } from '@alcove/contracts'
import { demoPassword } from '../accounts.ts'
import { Untrue, type Narrator } from './narrator.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Far enough ahead for a full refund, near enough to lie among the demo's own bookings. */
const DAYS_AHEAD_MIN = 3
const DAYS_AHEAD_MAX = 12

export interface Slot {
  readonly spaceId: string
  readonly startsAt: string
  readonly endsAt: string
}

export interface Mail {
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
}

/** What the tour's steps share. */
export interface Scene {
  readonly narrator: Narrator
  readonly member: string
  readonly other: string
  readonly operator: string
  readonly location: Location
  /** Product time: the local clock may have been moved. */
  readonly now: number
  readonly switchService: (command: 'stop' | 'start', service: string) => Promise<void>
}

export type Problem = Booking & { type?: string; dependency?: string; detail?: string; conflicts?: Slot[]; alternatives?: Slot[] }

export async function login(narrator: Narrator, email: string): Promise<string> {
  const answer = await narrator.ask<{ accessToken: string }>('POST', '/api/v1/auth/login', { body: { email, password: demoPassword } })
  if (answer.status !== 200) throw new Untrue(`${email} cannot log in: ${JSON.stringify(answer.body)}`)
  return answer.body.accessToken
}

/** Two free hours on a single desk, found anew at each run so that the tour can be taken again. */
export async function findSlot({ narrator, member, location, now }: Scene, quiet = false): Promise<Slot & { name: string }> {
  const days = DAYS_AHEAD_MIN + Math.floor(Math.random() * (DAYS_AHEAD_MAX - DAYS_AHEAD_MIN))
  const from = toIso(Math.floor(now / DAY_MS + days) * DAY_MS)
  const query = new URLSearchParams({ locationId: location.id, kind: 'desk', durationMinutes: '120', from, to: toIso(Date.parse(from) + DAY_MS) })
  const ask = quiet ? narrator.fetch : narrator.ask
  const { body } = await ask<{ items: SpaceAvailability[] }>('GET', `/api/v1/availability?${query}`, { token: member })
  const spaces = await narrator.fetch<{ items: Space[] }>('GET', `/api/v1/spaces?locationId=${location.id}&kind=desk&limit=200`, { token: member })
  const single = spaces.body.items.filter((space) => space.units === 1)
  const free = body.items.filter((item) => single.some((space) => space.id === item.spaceId) && item.free.length > 0)
  const chosen = free[Math.floor(Math.random() * free.length)]
  if (!chosen) throw new Untrue('no desk is free that day: make reset brings the demo data back')
  if (!quiet) narrator.say(`${free.length} of ${single.length} desks at ${location.name} have two free hours that day`)
  const interval = chosen.free[0]!
  // The demo's policy wants starts on a grid of 15 minutes.
  const startsAt = Math.ceil(Date.parse(interval.startsAt) / (HOUR_MS / 4)) * (HOUR_MS / 4)
  return {
    spaceId: chosen.spaceId,
    startsAt: toIso(startsAt),
    endsAt: toIso(startsAt + 2 * HOUR_MS),
    name: single.find((space) => space.id === chosen.spaceId)!.name,
  }
}

/** Mails that name the booking; none while notification is stopped. */
export async function findMails({ narrator }: Scene, reference: string): Promise<Mail[]> {
  const { status, body } = await narrator.fetch<{ items: Mail[] }>('GET', '/dev/mailbox?limit=200')
  return status === 200 ? body.items.filter((mail) => mail.subject.includes(reference)) : []
}

export const toIso = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z')

/** As a clock at the place shows it. */
export function formatSlot(slot: { startsAt: string; endsAt: string }, location: Location): string {
  const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', timeZone: location.timeZone })
  const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: location.timeZone })
  return `${day.format(new Date(slot.startsAt))}, ${time.format(new Date(slot.startsAt))} to ${time.format(new Date(slot.endsAt))}`
}

export const formatMoney = ({ amountMinor, currency }: { amountMinor: number; currency: string }): string => `${(amountMinor / 100).toFixed(2)} ${currency}`

export const card = (token: string) => ({ method: 'card', token })
