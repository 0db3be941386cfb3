import type { Queryable } from '@alcove/database'
import { findBookingId, type MessageFacts, type Notice, type OwedMessage } from '../domain/message.ts'
import type { Finished, Postponed } from '../domain/stores.ts'

export interface OweDeps {
  readonly newId: () => string
  /** The product's clock. */
  readonly now: Date
  /** Real time: leases and waits must not jump when the product's clock is moved. */
  readonly realNow: Date
}

export async function oweNotices(db: Queryable, notices: readonly Notice[], deps: OweDeps): Promise<void> {
  const rows = notices.flatMap((notice) => notice.channels.map((channel) => ({ ...notice, channel })))
  if (rows.length === 0) return
  await db.query(
    `INSERT INTO message (id, event_id, kind, channel, user_id, booking_id, booking_version, facts, due_at, created_at)
     SELECT id, event_id, kind, channel, user_id, booking_id, booking_version, facts, $9::timestamptz, $10::timestamptz
     FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::integer[], $8::jsonb[])
       AS row (id, event_id, kind, channel, user_id, booking_id, booking_version, facts)
     ON CONFLICT (event_id, kind, channel, user_id) DO NOTHING`,
    [
      rows.map(() => deps.newId()),
      rows.map((row) => row.eventId),
      rows.map((row) => row.kind),
      rows.map((row) => row.channel),
      rows.map((row) => row.userId),
      rows.map((row) => findBookingId(row.facts) ?? null),
      rows.map((row) => toBookingVersion(row.facts)),
      rows.map((row) => JSON.stringify(row.facts)),
      deps.realNow,
      deps.now,
    ],
  )
}

function toBookingVersion(facts: MessageFacts): number {
  return 'booking' in facts ? facts.booking.version : 0
}

export interface Lease {
  readonly id: string
  readonly now: Date
  readonly until: Date
  readonly limit: number
}

/**
 * Takes owed messages that are due, for this lease alone: rows that another worker is taking are skipped, and a row of a
 * killed worker is due again when its lease ends. A booking's messages to a person are taken one after the other, in the
 * order of its versions, so a mail about a cancellation never overtakes the confirmation.
 */
export async function leaseMessages(db: Queryable, lease: Lease): Promise<OwedMessage[]> {
  const taken = await db.query(
    `WITH due AS (
       SELECT id FROM message AS owed
       WHERE state = 'owed' AND due_at <= $2::timestamptz
         AND NOT EXISTS (
           SELECT FROM message AS earlier
           WHERE earlier.state = 'owed' AND earlier.booking_id = owed.booking_id AND earlier.booking_version < owed.booking_version
             AND earlier.channel = owed.channel AND earlier.user_id = owed.user_id)
       ORDER BY due_at, id LIMIT $4
       FOR UPDATE SKIP LOCKED)
     UPDATE message SET lease_id = $1, due_at = $3::timestamptz FROM due WHERE message.id = due.id
     RETURNING message.id, event_id AS "eventId", kind, channel, user_id AS "userId", booking_id AS "bookingId", booking_version AS "bookingVersion",
       facts, failures, waits, created_at AS "createdAt"`,
    [lease.id, lease.now, lease.until, lease.limit],
  )
  return taken.rows.sort((left, right) => left.bookingVersion - right.bookingVersion || (left.id < right.id ? -1 : 1))
}

export async function renewLease(db: Queryable, leaseId: string, until: Date): Promise<void> {
  await db.query("UPDATE message SET due_at = $2::timestamptz WHERE state = 'owed' AND lease_id = $1", [leaseId, until])
}

/**
 * Marks messages and writes what they became, in the caller's transaction. Only what the lease still holds: one that was
 * taken over meanwhile is left to its new holder, so the mailbox and the inbox get each message once. Answers what was marked.
 */
export async function finishMessages(tx: Queryable, finished: readonly Finished[], at: { leaseId: string; now: Date }): Promise<Finished[]> {
  const marked = await tx.query<{ id: string }>(
    `UPDATE message SET state = row.state, reason_code = row.reason_code, finished_at = $5::timestamptz, lease_id = NULL
     FROM unnest($1::uuid[], $2::text[], $3::text[]) AS row (id, state, reason_code)
     WHERE message.id = row.id AND message.state = 'owed' AND message.lease_id = $4
     RETURNING message.id`,
    [finished.map((row) => row.message.id), finished.map((row) => row.state), finished.map((row) => row.reasonCode), at.leaseId, at.now],
  )
  const ids = new Set(marked.rows.map((row) => row.id))
  const held = finished.filter((row) => ids.has(row.message.id))
  await insertMails(tx, held, at.now)
  await insertItems(tx, held, at.now)
  return held
}

async function insertMails(tx: Queryable, finished: readonly Finished[], now: Date): Promise<void> {
  const mails = finished.flatMap((row) => (row.letter ? [{ ...row.letter, message: row.message }] : []))
  if (mails.length === 0) return
  await tx.query(
    `INSERT INTO mailbox (id, event_id, user_id, recipient, subject, text, html, created_at)
     SELECT *, $8::timestamptz FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[])`,
    [
      mails.map((mail) => mail.message.id),
      mails.map((mail) => mail.message.eventId),
      mails.map((mail) => mail.message.userId),
      mails.map((mail) => mail.to),
      mails.map((mail) => mail.subject),
      mails.map((mail) => mail.text),
      mails.map((mail) => mail.html),
      now,
    ],
  )
}

async function insertItems(tx: Queryable, finished: readonly Finished[], now: Date): Promise<void> {
  const items = finished.flatMap((row) => (row.item ? [{ ...row.item, message: row.message }] : []))
  if (items.length === 0) return
  await tx.query(
    `INSERT INTO notification (id, user_id, event_id, kind, title, body, booking_id, created_at)
     SELECT *, $8::timestamptz FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[])`,
    [
      items.map((item) => item.message.id),
      items.map((item) => item.message.userId),
      items.map((item) => item.message.eventId),
      items.map((item) => item.message.kind),
      items.map((item) => item.title),
      items.map((item) => item.body),
      items.map((item) => item.message.bookingId),
      now,
    ],
  )
}

export async function postponeMessages(db: Queryable, postponed: readonly Postponed[], leaseId: string): Promise<void> {
  await db.query(
    `UPDATE message SET due_at = row.until, lease_id = NULL,
       failures = message.failures + CASE WHEN row.has_failed THEN 1 ELSE 0 END, waits = message.waits + CASE WHEN row.has_failed THEN 0 ELSE 1 END
     FROM unnest($1::uuid[], $2::timestamptz[], $3::boolean[]) AS row (id, until, has_failed)
     WHERE message.id = row.id AND message.state = 'owed' AND message.lease_id = $4`,
    [postponed.map((row) => row.message.id), postponed.map((row) => row.until), postponed.map((row) => row.hasFailed), leaseId],
  )
}

/** Deletes what nobody needs any more: a year of inbox, a month of mails; finished messages as long as inbox rows could repeat their event, and bookings as long. */
export async function purgeOld(db: Queryable, now: Date): Promise<void> {
  const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000)
  await db.query('DELETE FROM mailbox WHERE created_at < $1', [daysAgo(30)])
  await db.query('DELETE FROM notification WHERE created_at < $1', [daysAgo(365)])
  await db.query('DELETE FROM message WHERE finished_at < $1', [daysAgo(35)])
  await db.query('DELETE FROM booking WHERE ends_at < $1', [daysAgo(35)])
  await db.query('DELETE FROM closure WHERE ends_at < $1', [daysAgo(35)])
}
