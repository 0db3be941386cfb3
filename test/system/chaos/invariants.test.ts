import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { judge } from './invariants.ts'
import { accepted, bookingId, insertBooking, insertMail, otherBookingId, plantBooks, type PlantedBooks, type Service } from './planted.ts'

const now = new Date('2031-03-02T00:00Z')
let books: PlantedBooks
beforeAll(async () => {
  books = await plantBooks()
})
afterEach(() => books.mend())
afterAll(() => books.drop())

const listBroken = async (told: Partial<Parameters<typeof judge>[1]> = {}): Promise<string[]> => {
  const verdicts = await judge(books, { accepted, contradictions: [], ...told }, now)
  return verdicts.filter(({ wrong }) => wrong.length > 0).map(({ name }) => name)
}

/** One thing wrong in the books, and the promise that it breaks. */
const breaches: readonly [promise: string, what: string, database: Service, sql: string][] = [
  ['no overlap', 'two claims on one unit', 'booking', `ALTER TABLE claim DROP CONSTRAINT claim_no_overlap; ${insertBooking(otherBookingId)}`],
  [
    'card bookings and captured payments',
    'a booking whose payment was never captured',
    'payment',
    `UPDATE payment SET status = 'authorized', captured_minor = 0`,
  ],
  ['card bookings and captured payments', 'half of it captured', 'payment', 'UPDATE payment SET captured_minor = 600'],
  ['card bookings and captured payments', 'money kept of a cancelled booking', 'booking', `UPDATE booking SET status = 'cancelled'`],
  ['card bookings and captured payments', 'a payment of an attempt that no booking knows', 'booking', 'UPDATE attempt SET id = uuidv7()'],
  ['payments and the provider’s books', 'a charge that payment does not know', 'payment', `UPDATE sandbox.charge SET key = 'another'`],
  ['payments and the provider’s books', 'a refund that payment does not know', 'payment', 'UPDATE sandbox.charge SET refunded_minor = 100'],
  ['wallets and ledger', 'credits from nowhere', 'payment', 'UPDATE wallet SET balance_credits = 101'],
  ['wallets and ledger', 'a bucket that lost some', 'payment', 'UPDATE wallet_bucket SET balance_credits = 99'],
  ['one confirmation mail each', 'no mail', 'notification', 'DELETE FROM mailbox'],
  ['one confirmation mail each', 'two mails', 'notification', insertMail],
  ['the report equals the bookings', 'a booking that was not reported', 'reporting', 'DELETE FROM booking'],
  ['the report equals the bookings', 'an old version', 'reporting', `UPDATE booking SET status = 'confirmed', version = 3`],
  [
    'the report equals the bookings',
    'a booking that nobody made',
    'reporting',
    `INSERT INTO booking (id, version, status, user_id, location_id, space_id, starts_at, ends_at, currency, total_minor, payment_method) SELECT uuidv7(), version, status, user_id, location_id, space_id, starts_at, ends_at, currency, total_minor, payment_method FROM booking`,
  ],
  ['the report equals the bookings', 'a capture that was not reported', 'reporting', 'UPDATE payment SET captured_minor = 0'],
  ['no accepted request without its booking', 'a booking taken back after 201', 'booking', 'UPDATE booking SET withdrawn = true'],
  ['no accepted request without its booking', 'a change that was lost', 'booking', `DELETE FROM booking_history WHERE what = 'rescheduled'`],
  ['no accepted request without its booking', 'a check-in that was lost', 'booking', `DELETE FROM booking_history WHERE what = 'checked-in'`],
  ['one booking for each Idempotency-Key', 'a key that was forgotten', 'booking', 'DELETE FROM idempotency'],
  ['nothing left behind', 'a hold past its expiry', 'booking', `UPDATE booking SET status = 'held', hold_expires_at = '2031-03-01T00:00Z'`],
  [
    'nothing left behind',
    'an event in the outbox',
    'booking',
    `INSERT INTO outbox (id, topic, key, type, data, occurred_at) VALUES (uuidv7(), 'booking', '${bookingId}', 'x', '{}', now())`,
  ],
]

describe('the books after a storm', () => {
  it('agree when nothing is wrong', async () => {
    expect(await listBroken()).toEqual([])
  })

  it.each(breaches)('%s: %s is found', async (promise, _what, database, sql) => {
    await books.break(database, sql)
    expect(await listBroken()).toContain(promise)
  })

  it('an accepted booking that does not exist is found', async () => {
    expect(await listBroken({ accepted: [{ act: 'book', bookingId: otherBookingId, status: 202, version: 1, token: '' }] })).toEqual([
      'no accepted request without its booking',
    ])
  })

  it('two bookings under one key are found', async () => {
    expect(await listBroken({ contradictions: ['key a was answered with bookings b and c'] })).toEqual(['one booking for each Idempotency-Key'])
  })
})
