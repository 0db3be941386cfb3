import { randomUUID } from 'node:crypto'
import { card, hourAt, type Place } from '../places.ts'
import { persist, type Accepted, type BookingReply, type ClientContext } from './client.ts'

export interface StormContext extends ClientContext {
  places: readonly Place[]
  /** Of many units, for bookings that begin now. */
  lobby: Place
  accepted: Accepted[]
  /** Contradictions that only the client can see: two answers for one key. */
  contradictions: string[]
  now: () => number
  isEnding: () => boolean
}

/** The future of the storm: near enough together that clients meet. */
const hoursAhead = 96
const hourMs = 3_600_000
const thinkMsMax = 250
const minuteMs = 60_000

type Act = (ctx: StormContext, own: Own[]) => Promise<void>
interface Own {
  id: string
  token: string
}

const pick = <T>(random: () => number, items: readonly T[]): T => items[Math.floor(random() * items.length)]!

/** Most cards are good; some are refused, some slow, some lose their answer. */
const cards = [...Array.from({ length: 16 }, () => 'tok_ok'), 'tok_declined', 'tok_lost', 'tok_slow', 'tok_declined']

/** One of the hours ahead, from one of several places. */
function chooseSlot({ random, places }: StormContext): { spaceId: string; startsAt: string; endsAt: string } {
  const from = Math.floor(random() * hoursAhead)
  const length = 1 + Math.floor(random() * 2)
  return { spaceId: pick(random, places).spaceId, startsAt: hourAt(from), endsAt: hourAt(from + length) }
}

const choosePayment = (random: () => number) => (random() < 0.75 ? card(pick(random, cards)) : { method: 'credits' })

function note(ctx: StormContext, accepted: Omit<Accepted, 'token'>): void {
  ctx.accepted.push({ ...accepted, token: ctx.member.token })
}

/** Books, now and then twice at once as a double click does, and remembers what was accepted. */
async function book(ctx: StormContext, body: object): Promise<BookingReply | undefined> {
  const key = randomUUID()
  const command = { act: 'book', method: 'POST', path: '/api/v1/bookings', body, key }
  const replies = await Promise.all(Array.from({ length: ctx.random() < 0.15 ? 2 : 1 }, () => persist(ctx, command)))
  const made = replies.filter((reply) => reply?.status === 201 || reply?.status === 202)
  const ids = new Set(made.map((reply) => reply!.body.id))
  if (ids.size > 1) ctx.contradictions.push(`key ${key} was answered with bookings ${[...ids].join(' and ')}`)
  const [first] = made
  if (!first) return undefined
  for (const reply of made) note(ctx, { act: 'book', bookingId: reply!.body.id, status: reply!.status, version: reply!.body.version, key, body })
  return first.body
}

const acts: readonly (readonly [weight: number, act: Act])[] = [
  [
    38,
    async (ctx, own) => {
      const made = await book(ctx, { ...chooseSlot(ctx), payment: choosePayment(ctx.random) })
      if (made) own.push({ id: made.id, token: ctx.member.token })
    },
  ],
  [
    12,
    async (ctx, own) => {
      const slot = chooseSlot(ctx)
      const held = await persist(ctx, { act: 'hold', method: 'POST', path: '/api/v1/holds', body: slot })
      if (held?.status !== 201) return
      note(ctx, { act: 'hold', bookingId: held.body.id, status: 201, version: 0 })
      const fate = ctx.random()
      // The rest is left to expire.
      if (fate < 0.7) {
        const made = await book(ctx, { ...slot, holdId: held.body.id, payment: choosePayment(ctx.random) })
        if (made) own.push({ id: made.id, token: ctx.member.token })
      } else if (fate < 0.85) await persist(ctx, { act: 'release', method: 'DELETE', path: `/api/v1/holds/${held.body.id}` })
    },
  ],
  [14, change],
  [
    12,
    async (ctx, own) => {
      const [one] = own.splice(Math.floor(ctx.random() * own.length), 1)
      if (!one) return
      const reply = await persist(ctx, { act: 'cancel', method: 'POST', path: `/api/v1/bookings/${one.id}/cancel`, body: {} })
      if (reply?.status === 200) note(ctx, { act: 'cancel', bookingId: one.id, status: 200, version: reply.body.version })
    },
  ],
  [14, attend],
  [10, repeat],
]

async function change(ctx: StormContext, own: Own[]): Promise<void> {
  if (own.length === 0) return
  const one = pick(ctx.random, own)
  const seen = await persist(ctx, { act: 'read', method: 'GET', path: `/api/v1/bookings/${one.id}` })
  if (seen?.status !== 200 || seen.body.status !== 'confirmed') return
  const { startsAt } = seen.body as BookingReply & { startsAt: string }
  const endsAt = new Date(Date.parse(startsAt) + (1 + Math.floor(ctx.random() * 3)) * hourMs).toISOString()
  const command = { act: 'change', method: 'PATCH', path: `/api/v1/bookings/${one.id}`, headers: { 'if-match': `"${seen.body.version}"` } }
  const reply = await persist(ctx, { ...command, body: { endsAt, payment: card() } })
  if (reply?.status === 200 && reply.body.version > seen.body.version) note(ctx, { act: 'change', bookingId: one.id, status: 200, version: reply.body.version })
}

async function attend(ctx: StormContext): Promise<void> {
  const startsAt = new Date(Math.ceil(ctx.now() / minuteMs + 2) * minuteMs)
  const body = {
    spaceId: ctx.lobby.spaceId,
    startsAt: startsAt.toISOString(),
    endsAt: new Date(startsAt.getTime() + 30 * minuteMs).toISOString(),
    payment: card(),
  }
  const made = await book(ctx, body)
  if (made?.status !== 'confirmed') return
  for (const act of ['check-in', 'check-out'] as const) {
    if (act === 'check-out' && ctx.random() < 0.5) return
    const reply = await persist(ctx, { act, method: 'POST', path: `/api/v1/bookings/${made.id}/${act}` })
    if (reply?.status !== 200) return
    note(ctx, { act, bookingId: made.id, status: 200, version: reply.body.version })
  }
}

/** The same request once more, minutes later: it must reach the booking of the first. */
async function repeat(ctx: StormContext): Promise<void> {
  const mine = ctx.accepted.filter(({ act, token }) => act === 'book' && token === ctx.member.token)
  if (mine.length === 0) return
  const { key, body, bookingId } = pick(ctx.random, mine)
  const reply = await persist(ctx, { act: 'repeat', method: 'POST', path: '/api/v1/bookings', body, key })
  const id = reply && (reply.status === 201 || reply.status === 202) ? reply.body.id : undefined
  if (id !== undefined && id !== bookingId) ctx.contradictions.push(`key ${key} gave booking ${bookingId} and later ${id}`)
}

const weights = acts.reduce((sum, [weight]) => sum + weight, 0)

function chooseAct(random: () => number): Act {
  let rest = random() * weights
  for (const [weight, act] of acts) {
    rest -= weight
    if (rest < 0) return act
  }
  return acts[0]![1]
}

/** One member who does one thing after another until the storm ends; the seed decides what. */
export async function storm(ctx: StormContext): Promise<void> {
  const own: Own[] = []
  while (!ctx.isEnding()) {
    await chooseAct(ctx.random)(ctx, own)
    await new Promise((resolve) => setTimeout(resolve, ctx.random() * thinkMsMax))
  }
}
