import { createTestDatabase, type TestDatabase } from '@alcove/testing'
import type { Books } from '../databases.ts'
import type { Accepted } from './client.ts'

const services = ['booking', 'payment', 'notification', 'reporting'] as const
export type Service = (typeof services)[number]

/** Books of one paid booking and one wallet that agree in everything; a test breaks one thing in them. */
export interface PlantedBooks extends Books {
  break(database: Service, sql: string): Promise<void>
  /** As planted again. */
  mend(): Promise<void>
  drop(): Promise<void>
}

const id = (last: number): string => `01900000-0000-7000-8000-${String(last).padStart(12, '0')}`

export const bookingId = id(1)
export const otherBookingId = id(2)
const [attemptId, paymentId, walletId, bucketId, eventId, userId, spaceId, unitId, locationId] = [3, 4, 5, 6, 7, 8, 9, 10, 11].map(id) as [string, ...string[]]
const key = 'planted-key'
const [from, until, at] = [`'2031-03-03T09:00Z'`, `'2031-03-03T10:00Z'`, `'2031-03-01T00:00Z'`]

/** As the clients of a storm would tell it. */
export const accepted: Accepted[] = [
  { act: 'book', bookingId, status: 201, version: 2, key, body: {}, token: '' },
  { act: 'change', bookingId, status: 200, version: 3, token: '' },
  { act: 'check-in', bookingId, status: 200, version: 4, token: '' },
]

/** One more booking row, free and confirmed, with its claim; for two on one unit at one time. */
export const insertBooking = (booking: string, priced = false): string => `
  INSERT INTO booking (id, reference, user_id, space_id, unit_id, location_id, kind, space_name, unit_name, location_name, time_zone, starts_at, ends_at,
    status, version, currency, net_minor, tax_minor, total_minor, payment_method, payment_status, created_at, updated_at)
  VALUES ('${booking}', '${booking}', '${userId}', '${spaceId}', '${unitId}', '${locationId}', 'desk', 'S', 'U', 'L', 'UTC', ${from}, ${until},
    'checked_in', 4, 'GBP', ${priced ? '1000, 200, 1200' : '0, 0, 0'}, '${priced ? 'card' : 'none'}', 'none', ${at}, ${at});
  INSERT INTO claim (unit_id, during, location_id, booking_id, starts_at, ends_at)
  VALUES ('${unitId}', tstzrange(${from}, ${until}), '${locationId}', '${booking}', ${from}, ${until});`

const history = ['created', 'confirmed', 'rescheduled', 'checked-in']
  .map(
    (what, index) => `INSERT INTO booking_history (booking_id, version, at, what, actor_type) VALUES ('${bookingId}', ${index + 1}, ${at}, '${what}', 'user');`,
  )
  .join('\n')

const plant: Record<Service, string> = {
  booking: `${insertBooking(bookingId, true)} ${history}
    INSERT INTO attempt (id, booking_id, purpose, status, method, currency, amount_minor, amount_credits, keep_minor, keep_credits, created_at)
    VALUES ('${attemptId}', '${bookingId}', 'create', 'authorized', 'card', 'GBP', 1200, 0, 1200, 0, ${at});
    INSERT INTO idempotency (principal, method, path, key, booking_id, body_hash, created_at) VALUES ('${userId}', 'POST', '/v1/bookings', '${key}', '${bookingId}', '', ${at});`,
  payment: `
    INSERT INTO attempt (id, booking_id, user_id, method, amount_minor, currency, status, created_at, updated_at)
    VALUES ('${attemptId}', '${bookingId}', '${userId}', 'card', 1200, 'GBP', 'authorized', ${at}, ${at});
    INSERT INTO target (attempt_id, booking_id, booking_version, method, amount_minor, amount_credits, keep_minor, keep_credits, updated_at)
    VALUES ('${attemptId}', '${bookingId}', 4, 'card', 1200, 0, 1200, 0, ${at});
    INSERT INTO payment (id, attempt_id, booking_id, user_id, method, status, currency, amount_minor, captured_minor, amount_credits, version, created_at, updated_at)
    VALUES ('${paymentId}', '${attemptId}', '${bookingId}', '${userId}', 'card', 'captured', 'GBP', 1200, 1200, 0, 2, ${at}, ${at});
    INSERT INTO sandbox.charge (key, token, amount_minor, currency, status, decided_at, captured_minor, created_at)
    VALUES ('${attemptId}', 'tok_ok', 1200, 'GBP', 'captured', ${at}, 1200, ${at});
    INSERT INTO wallet (id, user_id, balance_credits, created_at) VALUES ('${walletId}', '${userId}', 100, ${at});
    INSERT INTO wallet_bucket (id, wallet_id, source, balance_credits, created_at) VALUES ('${bucketId}', '${walletId}', 'grant', 100, ${at});
    INSERT INTO ledger_entry (at, kind, debit_account, credit_account, unit, amount, wallet_id, bucket_id)
    VALUES (${at}, 'grant', 'issued:credits', 'wallet:${walletId}', 'credits', 100, '${walletId}', '${bucketId}');
    INSERT INTO ledger_entry (at, kind, debit_account, credit_account, unit, amount, payment_id)
    VALUES (${at}, 'capture', 'provider:card', 'revenue:card', 'GBP', 1200, '${paymentId}');`,
  notification: `
    INSERT INTO message (id, event_id, kind, channel, user_id, booking_id, facts, state, due_at, created_at)
    VALUES ('${id(20)}', '${eventId}', 'booking-confirmed', 'mail', '${userId}', '${bookingId}', '{}', 'sent', ${at}, ${at});
    INSERT INTO mailbox (id, event_id, user_id, recipient, subject, text, html, created_at)
    VALUES ('${id(20)}', '${eventId}', '${userId}', 'a@alcove.test', 'Confirmed', '', '', ${at});`,
  reporting: `
    INSERT INTO booking (id, version, status, user_id, location_id, space_id, starts_at, ends_at, currency, total_minor, payment_method)
    VALUES ('${bookingId}', 4, 'checked_in', '${userId}', '${locationId}', '${spaceId}', ${from}, ${until}, 'GBP', 1200, 'card');
    INSERT INTO payment (id, version, booking_id, status, currency, captured_minor, refunded_minor) VALUES ('${paymentId}', 2, '${bookingId}', 'captured', 'GBP', 1200, 0);`,
}

/** A mail more for the same event. */
export const insertMail = `INSERT INTO mailbox (id, event_id, user_id, recipient, subject, text, html, created_at)
  VALUES ('${id(21)}', '${eventId}', '${userId}', 'a@alcove.test', 'Confirmed', '', '', ${at})`

export async function plantBooks(): Promise<PlantedBooks> {
  const databases = new Map<string, TestDatabase>()
  let broken: Service | undefined
  const renew = async (service: Service) => {
    await databases.get(service)?.drop()
    const database = await createTestDatabase(service)
    databases.set(service, database)
    await database.pool.query(plant[service])
  }
  await Promise.all(services.map(renew))
  return {
    get databaseUrls() {
      return Object.fromEntries([...databases].map(([service, { url }]) => [service, url]))
    },
    async break(service, sql) {
      broken = service
      await databases.get(service)!.pool.query(sql)
    },
    async mend() {
      if (broken) await renew(broken)
      broken = undefined
    },
    drop: async () => void (await Promise.all([...databases.values()].map((database) => database.drop()))),
  }
}
