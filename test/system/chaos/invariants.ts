import { countOverlaps, query, type Books } from '../databases.ts'
import {
  listLedgerContradictions,
  listMailContradictions,
  listMoneyContradictions,
  listOverdue,
  listProviderContradictions,
  listUnsettled,
} from '../faults/books.ts'
import type { Accepted } from './client.ts'

/** One promise, the figures it was judged by, and what breaks it. */
export interface Verdict {
  name: string
  figures: string
  wrong: readonly string[]
}

/** What the clients were told, and what they saw for themselves. */
export interface Told {
  accepted: readonly Accepted[]
  contradictions: readonly string[]
}

const count = async (books: Books, database: string, what: string): Promise<number> =>
  (await query<{ n: number }>(books, database, `SELECT count(*)::int AS n FROM ${what}`))[0]!.n

async function judgeOverlap(books: Books): Promise<Verdict> {
  const [claims, overlaps] = await Promise.all([count(books, 'booking', 'claim WHERE active'), countOverlaps(books)])
  return { name: 'no overlap', figures: `${claims} active claims`, wrong: overlaps > 0 ? [`${overlaps} pairs of claims on one unit overlap`] : [] }
}

interface Kept extends Record<string, unknown> {
  attempt_id: string
  minor: number
}

/** Attempts by card that bookings want something kept of, and payments that hold something: the same ones, the same sums. */
async function judgeCards(books: Books): Promise<Verdict> {
  const kept = await query<Kept>(
    books,
    'booking',
    `SELECT a.id AS attempt_id, a.keep_minor::int AS minor FROM attempt a WHERE a.method = 'card' AND a.status = 'authorized' AND a.keep_minor > 0`,
  )
  const captured = await query<Kept>(
    books,
    'payment',
    `SELECT p.attempt_id, (p.captured_minor - p.refunded_minor
       + (SELECT coalesce(sum(r.amount_minor), 0) FROM refund r WHERE r.payment_id = p.id AND r.origin = 'operator' AND r.status = 'done'))::int AS minor
     FROM payment p WHERE p.method = 'card' AND p.captured_minor > p.refunded_minor`,
  )
  const priced = await count(
    books,
    'booking',
    `booking WHERE status IN ('confirmed', 'checked_in', 'completed', 'no_show') AND payment_method = 'card' AND total_minor > 0`,
  )
  const held = new Map(captured.map((row) => [row.attempt_id, row.minor]))
  const wanted = new Set(kept.map((row) => row.attempt_id))
  const wrong = [
    ...kept
      .filter((row) => held.get(row.attempt_id) !== row.minor)
      .map((row) => `attempt ${row.attempt_id}: ${row.minor} to be kept, ${held.get(row.attempt_id) ?? 0} captured`),
    ...captured.filter((row) => !wanted.has(row.attempt_id)).map((row) => `payment of attempt ${row.attempt_id}: ${row.minor} captured for no booking`),
    ...(await listMoneyContradictions(books)),
  ]
  return {
    name: 'card bookings and captured payments',
    figures: `${priced} priced card bookings, ${kept.length} kept attempts, ${captured.length} captured payments`,
    wrong,
  }
}

async function judgeProvider(books: Books): Promise<Verdict> {
  const [charges, refunds] = await Promise.all([count(books, 'payment', 'sandbox.charge'), count(books, 'payment', 'sandbox.refund')])
  return { name: 'payments and the provider’s books', figures: `${charges} charges, ${refunds} refunds`, wrong: await listProviderContradictions(books) }
}

async function judgeLedger(books: Books): Promise<Verdict> {
  const [wallets, entries] = await Promise.all([count(books, 'payment', 'wallet'), count(books, 'payment', 'ledger_entry')])
  return { name: 'wallets and ledger', figures: `${wallets} wallets, ${entries} transfers`, wrong: await listLedgerContradictions(books) }
}

async function judgeMails(books: Books): Promise<Verdict> {
  const [confirmed, mails] = await Promise.all([
    count(books, 'booking', `(SELECT DISTINCT booking_id FROM booking_history WHERE what = 'confirmed') c`),
    count(books, 'notification', `mailbox b JOIN message m USING (event_id, user_id) WHERE m.kind = 'booking-confirmed' AND m.channel = 'mail'`),
  ])
  return { name: 'one confirmation mail each', figures: `${confirmed} confirmed, ${mails} mails`, wrong: await listMailContradictions(books) }
}

/** Rows of reporting against those of the owners: the same ones, the same members. */
async function judgeReport(books: Books): Promise<Verdict> {
  // A hold that never became a booking is told to nobody.
  const bookings = await listRows(books, 'booking', `${bookingMembers} FROM booking b WHERE version > 0`)
  const reported = await listRows(books, 'reporting', `${bookingMembers} FROM booking b`)
  const payments = await listRows(books, 'payment', `${paymentMembers} FROM payment p`)
  const reportedPayments = await listRows(books, 'reporting', `${paymentMembers} FROM payment p`)
  return {
    name: 'the report equals the bookings',
    figures: `${bookings.size} bookings, ${reported.size} reported; ${payments.size} payments, ${reportedPayments.size} reported`,
    wrong: [...compare('booking', bookings, reported), ...compare('payment', payments, reportedPayments)],
  }
}

// Events tell instants in whole seconds.
const bookingMembers = `SELECT b.id, concat_ws(' ', b.version, b.status, b.space_id, extract(epoch FROM b.starts_at), extract(epoch FROM b.ends_at),
  floor(extract(epoch FROM b.checked_out_at)), b.currency, b.total_minor, b.payment_method) AS members`
const paymentMembers = `SELECT p.id, concat_ws(' ', p.booking_id, p.status, p.currency, p.captured_minor, p.refunded_minor) AS members`

async function listRows(books: Books, database: string, sql: string): Promise<Map<string, string>> {
  return new Map((await query<{ id: string; members: string }>(books, database, sql)).map((row) => [row.id, row.members]))
}

function compare(what: string, owned: Map<string, string>, reported: Map<string, string>): string[] {
  const differing = [...owned].filter(([id, members]) => reported.get(id) !== members)
  return [
    ...differing.map(([id, members]) => `${what} ${id} is ${members}; reported: ${reported.get(id) ?? 'nothing'}`),
    ...[...reported.keys()].filter((id) => !owned.has(id)).map((id) => `${what} ${id} is reported and does not exist`),
  ]
}

interface Seen extends Record<string, unknown> {
  id: string
  status: string
  withdrawn: boolean
  checked_out: boolean
  history: string[]
}

/** What each act that was answered with 2xx must have left behind. */
const traces: Record<Accepted['act'], (booking: Seen, accepted: Accepted) => boolean> = {
  book: ({ withdrawn, history }, { status }) => !withdrawn && (status === 202 || history.some((entry) => entry.endsWith(' confirmed'))),
  hold: () => true,
  change: ({ history }, { version }) => history.includes(`${version} rescheduled`),
  cancel: ({ status }) => status === 'cancelled',
  'check-in': ({ history }) => history.some((entry) => entry.endsWith(' checked-in')),
  'check-out': (booking) => booking.checked_out,
}

async function judgeAccepted(books: Books, { accepted }: Told): Promise<Verdict> {
  const rows = await query<Seen>(
    books,
    'booking',
    `SELECT b.id, b.status, b.withdrawn, b.checked_out_at IS NOT NULL AS checked_out,
       (SELECT coalesce(array_agg(h.version || ' ' || h.what), '{}') FROM booking_history h WHERE h.booking_id = b.id) AS history
     FROM booking b WHERE b.id = ANY($1)`,
    [accepted.map(({ bookingId }) => bookingId)],
  )
  const known = new Map(rows.map((row) => [row.id, row]))
  const wrong = accepted.flatMap((one) => {
    const booking = known.get(one.bookingId)
    if (!booking) return [`${one.act} ${one.bookingId} was answered ${one.status}, and there is no such booking`]
    return traces[one.act](booking, one)
      ? []
      : [`${one.act} ${one.bookingId} was answered ${one.status}, and it is ${booking.status} with ${booking.history.join(', ')}`]
  })
  return { name: 'no accepted request without its booking', figures: `${accepted.length} accepted, ${rows.length} bookings`, wrong }
}

async function judgeKeys(books: Books, { accepted, contradictions }: Told): Promise<Verdict> {
  const keyed = accepted.filter(({ key }) => key !== undefined)
  const rows = await query<{ key: string; booking_id: string }>(books, 'booking', 'SELECT key, booking_id FROM idempotency WHERE key = ANY($1)', [
    keyed.map(({ key }) => key),
  ])
  const known = new Map(rows.map((row) => [row.key, row.booking_id]))
  const wrong = keyed
    .filter(({ key, bookingId }) => known.get(key!) !== bookingId)
    .map(({ key, bookingId }) => `key ${key} was answered with ${bookingId} and points at ${known.get(key!)}`)
  return { name: 'one booking for each Idempotency-Key', figures: `${known.size} keys`, wrong: [...contradictions, ...wrong] }
}

const withDeadLetters = ['auth', 'user', 'workspace', 'booking', 'payment', 'notification', 'reporting']

/** Holds past their expiry, money still moving, events that nobody could apply. */
async function judgeRest(books: Books, now: Date): Promise<Verdict> {
  const dead = await Promise.all(
    withDeadLetters
      .filter((service) => books.databaseUrls[service])
      .map(async (service) => {
        const rows = await query<{ type: string; error: string }>(books, service, 'SELECT type, error FROM dead_letter')
        return rows.map(({ type, error }) => `dead letter of ${service}: ${type}: ${error}`)
      }),
  )
  const [overdue, unsettled] = await Promise.all([listOverdue(books, now), listUnsettled(books)])
  return {
    name: 'nothing left behind',
    figures: `${dead.flat().length} dead letters, ${overdue.length} overdue holds`,
    wrong: [...dead.flat(), ...overdue, ...unsettled],
  }
}

/** Judges every promise by the books alone. To be asked when all outboxes are empty and everything is healthy. */
export async function judge(books: Books, told: Told, now: Date): Promise<Verdict[]> {
  return [
    await judgeOverlap(books),
    await judgeCards(books),
    await judgeProvider(books),
    await judgeLedger(books),
    await judgeMails(books),
    await judgeReport(books),
    await judgeAccepted(books, told),
    await judgeKeys(books, told),
    await judgeRest(books, now),
  ]
}
