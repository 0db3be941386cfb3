import { randomUUID } from 'node:crypto'
import { eventually, type Answer, type Api, type CallOptions, type Session } from '../api.ts'
import { query } from '../databases.ts'
import { card, slot, type Place } from '../places.ts'

/** What a flow books and pays with, and what it remembers for the checks at the end. */
export interface FlowContext {
  api: Api
  member: Session
  place: Place
  /** Hours of the place that this flow may use: `hours` and the next few. */
  hours: number
  /** The process under test has died: what the flow waits for may now take until reconciliation. */
  isOver: () => boolean
  remember: (made: { key: string; body: object; bookingId: string }) => void
  /** Where commands go, booking's own address unless given. What only looks always asks booking itself. */
  base?: string
  /** How long a command may take before its client gives up and repeats it. */
  deadlineMs?: number
  onReply?: (reply: Answer<{ dependency?: string }>) => void
}

interface BookingBody {
  id: string
  status: string
  version: number
  endsAt: string
  payment?: { id?: string; status: string }
  pendingChange?: unknown
}
type BookingReply = Answer<BookingBody & { type?: string }>

const credits = { method: 'credits' }
const answered = (reply: { status: number; body: unknown }) => {
  const { type } = reply.body as { type?: string }
  return reply.status < 500 && type !== '/problems/idempotency-in-progress'
}

/** Calls booking itself and repeats what has no usable answer, as a client with an Idempotency-Key may. */
async function persist<T>(ctx: FlowContext, method: string, path: string, options: CallOptions = {}): Promise<Answer<T>> {
  const { api, member, base = api.stack.urls.booking, deadlineMs } = ctx
  const headers = { ...options.headers, ...(deadlineMs ? { 'x-request-deadline-ms': String(deadlineMs) } : {}) }
  return eventually(`${method} ${path} is answered`, async () => {
    const reply = await api.call<T>(method, path, { token: member.token, base, ...options, headers })
    ctx.onReply?.(reply as Answer<{ dependency?: string }>)
    return answered(reply) && reply
  })
}

const read = async (ctx: FlowContext, id: string) =>
  (await persist<BookingBody>({ ...ctx, base: undefined, onReply: undefined }, 'GET', `/v1/bookings/${id}`)) as BookingReply

/** Books, under one key however often it takes; answers the booking as it then is. */
async function create(ctx: FlowContext, payment: unknown, more: { at?: number; length?: number; holdId?: string } = {}): Promise<BookingReply> {
  const { at = ctx.hours, length = 1, holdId } = more
  const body = { spaceId: ctx.place.spaceId, ...slot(at, length), payment, ...(holdId ? { holdId } : {}) }
  const key = randomUUID()
  const reply = (await persist<BookingBody>(ctx, 'POST', '/v1/bookings', { body, headers: { 'idempotency-key': key } })) as BookingReply
  if (reply.status === 201 || reply.status === 202) ctx.remember({ key, body, bookingId: reply.body.id })
  return reply
}

/** Waits for a state, or until the process under test has died: whether it comes then is judged at the end. */
async function reaches(ctx: FlowContext, id: string, wanted: (booking: BookingBody) => boolean): Promise<BookingBody> {
  let last: BookingBody | undefined
  await eventually('the booking comes to where it should', async () => {
    last = (await read(ctx, id)).body
    return ctx.isOver() || wanted(last)
  })
  return last!
}

/** Moves the end of a booking. */
const resize = (ctx: FlowContext, id: string, length: number, payment?: unknown) => moveEnd(ctx, id, { endsAt: slot(ctx.hours, length).endsAt, payment })

/** The same to any instant; a version that a dead process had already raised is read again. */
async function moveEnd(ctx: FlowContext, id: string, { endsAt, payment }: { endsAt: string; payment?: unknown }): Promise<void> {
  const body = { endsAt, ...(payment ? { payment } : {}) }
  await eventually('the change is accepted or in the way of an earlier one', async () => {
    const { version } = (await read(ctx, id)).body
    const reply = await persist<BookingBody>(ctx, 'PATCH', `/v1/bookings/${id}`, { body, headers: { 'if-match': `"${version}"` } })
    return reply.status !== 412
  })
}

const cancel = (ctx: FlowContext, id: string, token = ctx.member.token) =>
  persist(ctx, 'POST', `/v1/bookings/${id}/cancel`, { token, body: {}, headers: { 'idempotency-key': randomUUID() } })

const isCaptured = async (ctx: FlowContext, bookingId: string, count: number) => {
  const [row] = await query<{ n: number }>(ctx.api.stack, 'payment', `SELECT count(*)::int AS n FROM payment WHERE booking_id = $1 AND status = 'captured'`, [
    bookingId,
  ])
  return row!.n >= count
}
const isSettled = async (ctx: FlowContext, bookingId: string) => {
  const [row] = await query<{ n: number }>(
    ctx.api.stack,
    'payment',
    `SELECT count(*)::int AS n FROM payment WHERE booking_id = $1 AND status NOT IN ('voided', 'refunded', 'failed')`,
    [bookingId],
  )
  return row!.n === 0
}
const isRefunded = async (ctx: FlowContext, bookingId: string) => {
  const [row] = await query<{ n: number }>(ctx.api.stack, 'payment', `SELECT count(*)::int AS n FROM payment WHERE booking_id = $1 AND refunded_minor > 0`, [
    bookingId,
  ])
  return row!.n > 0
}
const orOver = (ctx: FlowContext, what: string, done: () => Promise<boolean>) => eventually(what, async () => ctx.isOver() || (await done()))

/** Create, pay, dearer, cheaper, cancel. */
async function wholeLife(ctx: FlowContext, payment: unknown): Promise<void> {
  const { body } = await create(ctx, payment)
  await reaches(ctx, body.id, (booking) => booking.status === 'confirmed')
  await orOver(ctx, 'it is captured', () => isCaptured(ctx, body.id, 1))
  await resize(ctx, body.id, 2, payment)
  await reaches(ctx, body.id, (booking) => booking.version >= 3 && !booking.pendingChange)
  await orOver(ctx, 'both are captured', () => isCaptured(ctx, body.id, 2))
  await resize(ctx, body.id, 1)
  await cancel(ctx, body.id)
  await orOver(ctx, 'everything is given back', () => isSettled(ctx, body.id))
}

/** A booking that stays: confirmed and paid at the end. */
async function stays(ctx: FlowContext): Promise<void> {
  const { body } = await create(ctx, card(), { at: ctx.hours + 4 })
  await reaches(ctx, body.id, (booking) => booking.status === 'confirmed')
}

async function placeHold(ctx: FlowContext): Promise<string> {
  const body = { spaceId: ctx.place.spaceId, ...slot(ctx.hours) }
  const reply = await persist<{ id: string }>(ctx, 'POST', '/v1/holds', { body, headers: { 'idempotency-key': randomUUID() } })
  if (reply.status !== 201) throw new Error(`hold: ${reply.status} ${JSON.stringify(reply.body)}`)
  return reply.body.id
}

/** A booking in the state of an approved one: it waits for payment and has no open try. */
async function awaitPayment(ctx: FlowContext): Promise<string> {
  const id = await placeHold(ctx)
  await query(
    ctx.api.stack,
    'booking',
    `WITH waiting AS (UPDATE booking SET status = 'pending_payment', version = version + 1, held_until = NULL, hold_expires_at = hold_expires_at + interval '10 minutes'
       WHERE id = $1 AND status = 'held' RETURNING user_id)
     UPDATE counter SET used = used - 1 WHERE key = (SELECT 'holds:' || user_id FROM waiting)`,
    [id],
  )
  return id
}

async function pay(ctx: FlowContext, id: string): Promise<void> {
  await eventually('the payment is begun', async () => {
    const reply = await persist<BookingBody>(ctx, 'POST', `/v1/bookings/${id}/pay`, { body: { payment: card() } })
    return reply.status < 300 || reply.status === 409
  })
  await reaches(ctx, id, (booking) => booking.status === 'confirmed')
}

/** A booking that one may already check in to. */
async function createSoon(ctx: FlowContext, now = Date.now()): Promise<BookingReply> {
  const minuteMs = 60_000
  const startsAt = new Date(Math.ceil(now / minuteMs + 2) * minuteMs)
  const body = {
    spaceId: ctx.place.spaceId,
    startsAt: startsAt.toISOString(),
    endsAt: new Date(startsAt.getTime() + 60 * minuteMs).toISOString(),
    payment: card(),
  }
  const key = randomUUID()
  const made = await persist<BookingBody>(ctx, 'POST', '/v1/bookings', { body, headers: { 'idempotency-key': key } })
  ctx.remember({ key, body, bookingId: made.body.id })
  return made as BookingReply
}

async function attend(ctx: FlowContext, id: string, acts: readonly ('check-in' | 'check-out')[] = ['check-in', 'check-out']): Promise<void> {
  for (const act of acts) {
    const headers = { 'idempotency-key': randomUUID() }
    await eventually(`${act} is answered`, async () => {
      const reply = await persist<BookingBody>(ctx, 'POST', `/v1/bookings/${id}/${act}`, { headers })
      return reply.status === 200 || reply.status === 409
    })
  }
}

/** Every flow a kill point may be tested in. */
export const flows = {
  async card(ctx: FlowContext) {
    await wholeLife(ctx, card())
    await stays(ctx)
  },
  async credits(ctx: FlowContext) {
    await wholeLife(ctx, credits)
    await stays(ctx)
  },
  /** Once the process has died nobody touches the booking again: reconciliation alone brings it to its end. */
  async leftAlone(ctx: FlowContext) {
    const { body } = await create(ctx, card())
    await reaches(ctx, body.id, (booking) => booking.status === 'confirmed')
    await orOver(ctx, 'it is captured', () => isCaptured(ctx, body.id, 1))
    if (ctx.isOver()) return
    await resize(ctx, body.id, 2, card())
    await reaches(ctx, body.id, (booking) => booking.version >= 3 && !booking.pendingChange)
    await orOver(ctx, 'both are captured', () => isCaptured(ctx, body.id, 2))
    if (ctx.isOver()) return
    await resize(ctx, body.id, 1)
    await orOver(ctx, 'the difference is given back', () => isRefunded(ctx, body.id))
  },
  async hold(ctx: FlowContext) {
    const holdId = await placeHold(ctx)
    const { body } = await create(ctx, card(), { holdId })
    await reaches(ctx, body.id, (booking) => booking.status === 'confirmed')
    await stays(ctx)
  },
  /** A booking that waits for payment without an open try, as an approved one does. */
  async pay(ctx: FlowContext) {
    await pay(ctx, await awaitPayment(ctx))
  },
  /** Given up while the provider still thinks: what it then authorizes has to go back. */
  async givenUp(ctx: FlowContext) {
    const { body } = await create(ctx, card('tok_slow'))
    await cancel(ctx, body.id)
    await orOver(ctx, 'the hold on the card is let go', async () => {
      const [row] = await query<{ n: number }>(ctx.api.stack, 'payment', `SELECT count(*)::int AS n FROM payment WHERE booking_id = $1 AND status = 'voided'`, [
        body.id,
      ])
      return row!.n === 1
    })
  },
  async attend(ctx: FlowContext) {
    await attend(ctx, (await createSoon(ctx)).body.id)
  },
} satisfies Record<string, (ctx: FlowContext) => Promise<void>>
export type FlowName = keyof typeof flows

export { attend, awaitPayment, cancel, create, createSoon, isCaptured, isRefunded, isSettled, moveEnd, pay, persist, placeHold, reaches, read, resize }
export type { BookingBody }
