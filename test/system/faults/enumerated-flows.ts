import { randomUUID } from 'node:crypto'
import { eventually, type Session } from '../api.ts'
import { query } from '../databases.ts'
import { card } from '../places.ts'
import {
  attend,
  awaitPayment,
  cancel,
  create,
  createSoon,
  isCaptured,
  isRefunded,
  isSettled,
  moveEnd,
  pay,
  persist,
  placeHold,
  reaches,
  read,
  resize,
  type BookingBody,
  type FlowContext,
} from './flows.ts'
import type { Trial } from './trial.ts'

export interface TrialContext extends FlowContext {
  operator: Session
  trial: Trial
  /** The product's clock. */
  now: () => number
}

/** A flow whose calls are enumerated: those of `act`, on what `prepare` made. Its end is reached whatever single call fails. */
export interface EnumeratedFlow {
  prepare?: (ctx: TrialContext) => Promise<string>
  act: (ctx: TrialContext, bookingId: string) => Promise<void>
}

const credits = { method: 'credits' }

async function isMailed({ api }: TrialContext, bookingId: string, kind: string): Promise<boolean> {
  const rows = await query(api.stack, 'notification', `SELECT 1 FROM message WHERE booking_id = $1 AND kind = $2 AND channel = 'mail' AND state = 'sent'`, [
    bookingId,
    kind,
  ])
  return rows.length > 0
}

const mailed = (ctx: TrialContext, bookingId: string, kind: string) => eventually(`a mail ${kind}`, () => isMailed(ctx, bookingId, kind))

/** Confirmed, the money taken, the mail written: nothing of it is still on its way. */
async function complete(ctx: TrialContext, id: string): Promise<string> {
  ctx.trial.track(id)
  await reaches(ctx, id, (booking: BookingBody) => booking.status === 'confirmed')
  await eventually('it is captured', () => isCaptured(ctx, id, 1))
  await mailed(ctx, id, 'booking-confirmed')
  return id
}

const book = async (ctx: TrialContext, payment: unknown, more?: { length?: number; holdId?: string }) =>
  complete(ctx, (await create(ctx, payment, more)).body.id)

async function giveUp(ctx: TrialContext, id: string, token?: string): Promise<void> {
  await cancel(ctx, id, token)
  await eventually('everything is given back', () => isSettled(ctx, id))
  await mailed(ctx, id, 'booking-cancelled')
}

async function refund(ctx: TrialContext, bookingId: string): Promise<void> {
  const [payment] = await query<{ id: string }>(ctx.api.stack, 'payment', 'SELECT id FROM payment WHERE booking_id = $1', [bookingId])
  ctx.trial.track(payment!.id)
  const reply = await persist(ctx, 'POST', `/v1/payments/${payment!.id}/refunds`, {
    token: ctx.operator.token,
    body: { amountMinor: 100, reason: 'The heating was off.' },
    headers: { 'idempotency-key': randomUUID() },
  })
  if (reply.status !== 201) throw new Error(`refund: ${reply.status} ${JSON.stringify(reply.body)}`)
  await eventually('it is refunded', () => isRefunded(ctx, bookingId))
}

export const enumeratedFlows: Readonly<Record<string, EnumeratedFlow>> = {
  create: { act: async (ctx) => void (await book(ctx, card())) },
  'create-with-credits': { act: async (ctx) => void (await book(ctx, credits)) },
  'create-from-hold': { act: async (ctx) => void (await book(ctx, card(), { holdId: await placeHold(ctx) })) },
  'release-hold': {
    prepare: placeHold,
    async act(ctx, id) {
      const reply = await persist(ctx, 'DELETE', `/v1/holds/${id}`)
      // A repeat finds it gone.
      if (reply.status !== 204 && reply.status !== 404) throw new Error(`release: ${reply.status}`)
      const held = await query(ctx.api.stack, 'booking', `SELECT 1 FROM booking WHERE id = $1 AND status = 'held'`, [id])
      if (held.length > 0) throw new Error(`hold ${id} still stands`)
    },
  },
  pay: {
    prepare: awaitPayment,
    async act(ctx, id) {
      await pay(ctx, id)
      await complete(ctx, id)
    },
  },
  'change-dearer': {
    prepare: (ctx) => book(ctx, card()),
    async act(ctx, id) {
      await resize(ctx, id, 2, card())
      await reaches(ctx, id, (booking) => booking.version >= 3 && !booking.pendingChange)
      await eventually('both are captured', () => isCaptured(ctx, id, 2))
      await mailed(ctx, id, 'booking-rescheduled')
    },
  },
  'change-cheaper': {
    prepare: (ctx) => book(ctx, card(), { length: 2 }),
    async act(ctx, id) {
      await resize(ctx, id, 1)
      await eventually('the difference is given back', () => isRefunded(ctx, id))
      await mailed(ctx, id, 'booking-rescheduled')
    },
  },
  /** A running booking, longer. */
  'extend-running': {
    async prepare(ctx) {
      const id = await complete(ctx, (await createSoon(ctx, ctx.now())).body.id)
      await attend(ctx, id, ['check-in'])
      return id
    },
    async act(ctx, id) {
      const { endsAt } = (await read(ctx, id)).body
      await moveEnd(ctx, id, { endsAt: new Date(Date.parse(endsAt) + 3_600_000).toISOString(), payment: card() })
      await eventually('both are captured', () => isCaptured(ctx, id, 2))
      await mailed(ctx, id, 'booking-rescheduled')
    },
  },
  cancel: { prepare: (ctx) => book(ctx, card()), act: (ctx, id) => giveUp(ctx, id) },
  'cancel-with-credits': { prepare: (ctx) => book(ctx, credits), act: (ctx, id) => giveUp(ctx, id) },
  /** Asks workspace whether a closure hits the booking. */
  'cancel-by-operator': { prepare: (ctx) => book(ctx, card()), act: (ctx, id) => giveUp(ctx, id, ctx.operator.token) },
  refund: { prepare: (ctx) => book(ctx, card()), act: refund },
  'check-in': {
    prepare: async (ctx) => complete(ctx, (await createSoon(ctx, ctx.now())).body.id),
    act: attend,
  },
}
