import { query, type Books } from '../databases.ts'

interface BookingRow extends Record<string, unknown> {
  id: string
  status: string
  version: number
  total_minor: number
  total_credits: number
  payment_method: string
  refund_minor: number | null
  refund_credits: number | null
  refund_percent: number | null
  claims: number
}
interface PaymentRow extends Record<string, unknown> {
  attempt_id: string
  booking_id: string
  status: string
  net_minor: number
  net_credits: number
  /** Of what is no longer there, given back by an operator beyond what the booking decided. */
  given_minor: number
}

const paying = new Set(['confirmed', 'checked_in', 'completed', 'no_show'])
const claiming = new Set(['held', 'pending_payment', 'pending_approval', 'confirmed', 'checked_in'])

/** What still moves: empty once reconciliation is done. */
export async function listUnsettled(stack: Books): Promise<string[]> {
  const [booking] = await query<{ attempts: number; releases: number; changes: number }>(
    stack,
    'booking',
    `SELECT (SELECT count(*)::int FROM attempt WHERE status = 'open') AS attempts, (SELECT count(*)::int FROM attempt WHERE release_owed) AS releases,
       (SELECT count(*)::int FROM pending_change) AS changes`,
  )
  const [payment] = await query<{ attempts: number }>(
    stack,
    'payment',
    `SELECT count(*)::int AS attempts FROM attempt WHERE status = 'processing' OR due_at IS NOT NULL OR lease_until IS NOT NULL`,
  )
  const counts = { 'open attempts': booking!.attempts, 'releases owed': booking!.releases, changes: booking!.changes, 'attempts at payment': payment!.attempts }
  const waiting = { ...counts, 'outbox rows': await countOutboxes(stack), 'targets not heard': await countUnheard(stack) }
  return Object.entries(waiting).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []))
}

/** Events of booking and payment that have not left their outbox. */
async function countOutboxes(stack: Books): Promise<number> {
  const counts = await Promise.all(['booking', 'payment'].map((service) => query<{ n: number }>(stack, service, 'SELECT count(*)::int AS n FROM outbox')))
  return sum(counts.map(([row]) => row!.n))
}

/** Decisions of bookings that payment has not stored yet. */
async function countUnheard(stack: Books): Promise<number> {
  const decided = await query<{ id: string; keep: number }>(
    stack,
    'booking',
    `SELECT a.id, (CASE a.method WHEN 'card' THEN a.keep_minor ELSE a.keep_credits END)::int AS keep FROM attempt a JOIN booking b ON b.id = a.booking_id
     WHERE a.status IN ('authorized', 'abandoned')`,
  )
  const heard = await query<{ attempt_id: string; keep: number | null }>(
    stack,
    'payment',
    `SELECT attempt_id, (CASE method WHEN 'card' THEN keep_minor ELSE keep_credits END)::int AS keep FROM target
     UNION ALL SELECT id, 0 FROM attempt WHERE released`,
  )
  const kept = new Map(heard.map((row) => [row.attempt_id, row.keep]))
  return decided.filter(({ id, keep }) => kept.get(id) !== keep).length
}

/** Bookings or holds past their expiry at this product time that still stand or claim. */
export async function listOverdue(stack: Books, now: Date): Promise<string[]> {
  const rows = await query<{ id: string; status: string }>(
    stack,
    'booking',
    `SELECT id, status FROM booking WHERE status IN ('held', 'pending_payment') AND hold_expires_at <= $1`,
    [now],
  )
  return rows.map(({ id, status }) => `${id} is ${status} past its expiry`)
}

/** Every way in which bookings, payments, the provider's books and the ledger disagree; empty when money adds up. */
export async function listContradictions(stack: Books): Promise<string[]> {
  const lists = [listMoneyContradictions, listProviderContradictions, listLedgerContradictions, listDead]
  return (await Promise.all(lists.map((list) => list(stack)))).flat()
}

/** Bookings that are paid otherwise than they should be, or that claim otherwise than their state says. */
export async function listMoneyContradictions(stack: Books): Promise<string[]> {
  const bookings = await query<BookingRow>(
    stack,
    'booking',
    `SELECT b.id, b.status, b.version, b.total_minor::int, coalesce(b.total_credits, 0)::int AS total_credits, b.payment_method,
       b.refund_minor::int, b.refund_credits::int, b.refund_percent,
       (SELECT count(*)::int FROM claim c WHERE c.booking_id = b.id AND c.active) AS claims FROM booking b`,
  )
  const payments = await query<PaymentRow>(
    stack,
    'payment',
    `SELECT attempt_id, booking_id, status, (captured_minor - refunded_minor)::int AS net_minor, (captured_credits - refunded_credits)::int AS net_credits,
       (SELECT coalesce(sum(r.amount_minor), 0)::int FROM refund r WHERE r.payment_id = p.id AND r.origin = 'operator' AND r.status = 'done') AS given_minor
     FROM payment p`,
  )
  const wrong: string[] = []
  const known = new Map(bookings.map((booking) => [booking.id, booking]))
  for (const payment of payments) {
    if (!known.has(payment.booking_id)) wrong.push(`payment of attempt ${payment.attempt_id} has no booking`)
    if (payment.status === 'authorized')
      wrong.push(`attempt ${payment.attempt_id} still holds money of booking ${payment.booking_id} (${known.get(payment.booking_id)?.status})`)
  }
  for (const booking of bookings) {
    const own = payments.filter((payment) => payment.booking_id === booking.id)
    const net = { minor: sum(own.map(({ net_minor, given_minor }) => net_minor + given_minor)), credits: sum(own.map(({ net_credits }) => net_credits)) }
    const due = toDue(booking)
    const text = `booking ${booking.id} (${booking.status}, version ${booking.version}, ${booking.payment_method})`
    if (net.minor !== due.minor || net.credits !== due.credits) wrong.push(`${text}: paid ${JSON.stringify(net)}, due ${JSON.stringify(due)}`)
    if (paying.has(booking.status) && booking.total_minor > 0 && booking.payment_method === 'none') wrong.push(`${text}: has a price and no payment`)
    if (!claiming.has(booking.status) && booking.status !== 'completed' && booking.claims > 0) wrong.push(`${text}: still claims its unit`)
    if ((booking.status === 'confirmed' || booking.status === 'checked_in') && booking.claims !== 1) wrong.push(`${text}: has ${booking.claims} claims`)
  }
  return wrong
}

/** What a booking is to have been paid: its price, or what its policy keeps of it when it was paid and cancelled late. */
function toDue({ status, payment_method: method, total_minor, total_credits, refund_minor, refund_credits, refund_percent }: BookingRow) {
  const keptLate = status === 'cancelled' && (refund_percent ?? 100) < 100
  if (!keptLate && !paying.has(status)) return { minor: 0, credits: 0 }
  const [given, givenCredits] = keptLate ? [refund_minor ?? 0, refund_credits ?? 0] : [0, 0]
  return { minor: method === 'card' ? total_minor - given : 0, credits: method === 'credits' ? total_credits - givenCredits : 0 }
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)

/** Charges of the provider that payment does not know, or knows otherwise. */
export async function listProviderContradictions(stack: Books): Promise<string[]> {
  const rows = await query<Record<string, unknown>>(
    stack,
    'payment',
    `SELECT c.key, c.status AS charge, p.status AS payment, c.captured_minor, c.refunded_minor, p.captured_minor AS ours, p.refunded_minor AS ours_refunded FROM sandbox.charge c
     FULL JOIN (SELECT * FROM payment WHERE method = 'card') p ON p.attempt_id::text = c.key
     WHERE p.id IS NULL OR c.captured_minor IS DISTINCT FROM p.captured_minor OR c.refunded_minor IS DISTINCT FROM p.refunded_minor
       OR c.status = 'authorized' OR (c.status = 'voided') <> (p.status = 'voided')
       OR c.refunded_minor <> coalesce((SELECT sum(r.amount_minor) FROM sandbox.refund r WHERE r.charge_key = c.key), 0)`,
  )
  return rows.map((row) => `the provider's books say otherwise: ${JSON.stringify(row)}`)
}

/** Accounts whose ledger rows do not sum up to what wallets and payments say. */
export async function listLedgerContradictions(stack: Books): Promise<string[]> {
  const rows = await query<Record<string, unknown>>(
    stack,
    'payment',
    `SELECT account, unit, coalesce(balance, 0) AS ledger, expected FROM (
       SELECT 'wallet:' || id AS account, 'credits' AS unit, balance_credits AS expected FROM wallet
       UNION ALL SELECT 'wallet:' || wallet_id, 'credits', sum(balance_credits)::bigint FROM wallet_bucket GROUP BY 1
       UNION ALL SELECT 'reserve:credits', 'credits', 0
       UNION ALL SELECT 'revenue:credits', 'credits', coalesce(sum(captured_credits - refunded_credits), 0)::bigint FROM payment
       UNION ALL SELECT 'revenue:card', currency, sum(captured_minor - refunded_minor)::bigint FROM payment WHERE method = 'card' GROUP BY currency
     ) e LEFT JOIN account_balance USING (account, unit) WHERE coalesce(balance, 0) <> expected`,
  )
  return rows.map((row) => `the ledger says otherwise: ${JSON.stringify(row)}`)
}

async function listDead(stack: Books): Promise<string[]> {
  const dead: string[] = []
  for (const service of ['booking', 'payment']) {
    const rows = await query<{ type: string; error: string }>(stack, service, 'SELECT type, error FROM dead_letter')
    dead.push(...rows.map(({ type, error }) => `dead letter of ${service}: ${type}: ${error}`))
  }
  return dead
}

/** Bookings that were confirmed and whose member does not have exactly one mail that says so. */
export async function listMailContradictions(stack: Books): Promise<string[]> {
  const confirmed = await query<{ booking_id: string }>(stack, 'booking', `SELECT DISTINCT booking_id FROM booking_history WHERE what = 'confirmed'`)
  const mails = await query<{ booking_id: string; n: number }>(
    stack,
    'notification',
    `SELECT m.booking_id, count(b.id)::int AS n FROM message m LEFT JOIN mailbox b USING (event_id, user_id)
     WHERE m.kind = 'booking-confirmed' AND m.channel = 'mail' GROUP BY m.booking_id`,
  )
  const counts = new Map(mails.map((row) => [row.booking_id, row.n]))
  const wrong = confirmed
    .filter(({ booking_id }) => counts.get(booking_id) !== 1)
    .map(({ booking_id }) => `booking ${booking_id}: ${counts.get(booking_id) ?? 0} confirmation mails`)
  const known = new Set(confirmed.map((row) => row.booking_id))
  return [...wrong, ...mails.filter(({ booking_id }) => !known.has(booking_id)).map(({ booking_id }) => `booking ${booking_id}: a mail, and never confirmed`)]
}

/** Everything payment and its provider hold, for comparing before and after. */
export async function readMoney(stack: Books): Promise<unknown> {
  return query(
    stack,
    'payment',
    `SELECT (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.id) FROM payment p) AS payments, (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.key) FROM sandbox.charge c) AS charges,
       (SELECT count(*) FROM ledger_entry) AS ledger, (SELECT jsonb_agg(to_jsonb(w) ORDER BY w.id) FROM wallet w) AS wallets`,
  )
}
