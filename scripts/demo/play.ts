import { setTimeout as delay } from 'node:timers/promises'
import type { Booking } from '@alcove/contracts'
import type { Stack } from '../supervisor/types.ts'
import { callExpecting, callPatiently, forEach, type CallOptions } from './caller.ts'
import type { PlannedBooking } from './plan.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** Processes look at the clock file every 25 ms; before that some would still live in the step before. */
const CLOCK_SETTLE_MS = 30
const WIDTH = 8

type Act = 'book' | 'check-in' | 'check-out' | 'cancel'

interface Step {
  readonly at: number
  readonly act: Act
  readonly booking: PlannedBooking
}

interface Players {
  /** Where booking is reached. */
  readonly base: string
  /** Access tokens of the members, in order. */
  readonly tokens: readonly string[]
  /** What makes a request one of that moment, where the services' clock does not. */
  readonly headersAt?: (at: number) => Readonly<Record<string, string>>
}

export interface Play extends Players {
  readonly stack: Pick<Stack, 'setClockOffsetMs'>
  readonly bookings: readonly PlannedBooking[]
  readonly now: number
  /** Steps up to this moment were made by an earlier run. */
  readonly doneUntil: number
  readonly onDone: (until: number) => void
}

/** Moves the product clock through the past two weeks and lets people book, arrive, leave and cancel in time's order. */
export async function playBookings(play: Play): Promise<void> {
  const ids: BookingIds = new Map()
  const moments = groupByMoment(play.bookings.flatMap((booking) => toSteps(booking, play.now)))
  for (const [at, steps] of moments) {
    if (at <= play.doneUntil) continue
    play.stack.setClockOffsetMs(at - Date.now())
    await delay(CLOCK_SETTLE_MS)
    await forEach(steps, WIDTH, (step) => act(play, step, ids))
    play.onDone(at)
  }
}

/**
 * Plays each booking from its making to its end by itself, at moments that its requests carry along: nobody's clock is moved. Repeatable; `resume`
 * looks for what an earlier run has booked.
 */
export async function playApart(players: Players, options: { bookings: readonly PlannedBooking[]; now: number; resume: boolean }): Promise<number> {
  const ids: BookingIds = new Map()
  await forEach(options.bookings, WIDTH, async (booking) => {
    const known = options.resume ? await findId(players, booking) : undefined
    if (known) ids.set(booking.key, known)
    for (const step of toSteps(booking, options.now)) if (step.act !== 'book' || !known) await act(players, step, ids)
  })
  return ids.size
}

function toSteps(booking: PlannedBooking, now: number): Step[] {
  const steps: Step[] = [{ at: toWholeHour(booking.bookedAt), act: 'book', booking }]
  if (booking.fate === 'cancelled') steps.push({ at: toWholeHour(booking.bookedAt) + HOUR_MS, act: 'cancel', booking })
  if (booking.fate === 'attended' || booking.fate === 'left early') steps.push({ at: booking.startsAt + 5 * MINUTE_MS, act: 'check-in', booking })
  if (booking.fate === 'left early') steps.push({ at: booking.endsAt - 30 * MINUTE_MS, act: 'check-out', booking })
  return steps.filter((step) => step.at <= now)
}

const toWholeHour = (at: number) => Math.floor(at / HOUR_MS) * HOUR_MS

function groupByMoment(steps: readonly Step[]): [number, Step[]][] {
  return [...Map.groupBy(steps, (step) => step.at)].toSorted(([a], [b]) => a - b)
}

/** By the plan's keys; what an interrupted run has booked is not among them and is looked up. */
type BookingIds = Map<string, string>

async function act(players: Players, { act: what, at, booking }: Step, ids: BookingIds): Promise<void> {
  const { base, tokens, headersAt } = players
  const token = tokens[booking.member]!
  const headers = headersAt?.(at)
  if (what === 'book') {
    const made = await book(base, booking, { token, headers })
    if (made) ids.set(booking.key, made)
    return
  }
  const id = ids.get(booking.key) ?? (await findId(players, booking))
  // Somebody else was faster when it was booked: there is nothing to come to.
  if (!id) return
  const answer = await callPatiently('POST', `${base}/v1/bookings/${id}/${what}`, { token, headers, body: {} })
  // 409: this very step was made before an interruption.
  if (answer.status !== 200 && answer.status !== 409) throw new Error(`demo ${what} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
}

async function book(base: string, booking: PlannedBooking, { token, headers }: CallOptions): Promise<string | undefined> {
  const { spaceId, title, startsAt, endsAt } = booking
  const body = { spaceId, title, startsAt: toIso(startsAt), endsAt: toIso(endsAt), payment: { method: 'card', token: 'tok_ok' } }
  const answer = await callPatiently<{ id?: string }>('POST', `${base}/v1/bookings`, {
    token,
    body,
    headers: { ...headers, 'idempotency-key': `demo-${booking.key}` },
  })
  // 409: another planned booking, or a visitor, has the slot.
  if (![201, 202, 409].includes(answer.status)) throw new Error(`demo booking answered ${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body.id
}

async function findId({ base, tokens }: Players, { member, spaceId, startsAt, endsAt }: PlannedBooking): Promise<string | undefined> {
  const token = tokens[member]!
  const query = new URLSearchParams({ spaceId, from: toIso(startsAt), to: toIso(endsAt) })
  const { items } = await callExpecting<{ items: Booking[] }>(200, ['GET', `${base}/v1/bookings?${query}`], { token })
  return items.find((item) => item.startsAt === toIso(startsAt))?.id
}

const toIso = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z')
