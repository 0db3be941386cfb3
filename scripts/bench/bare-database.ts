import { randomBytes, randomUUID } from 'node:crypto'
import { createDatabaseIfMissing, migrate } from '@alcove/database'
import { eventsMigrations } from '@alcove/events'
import pg from 'pg'
import { toReference } from '../../services/booking/src/domain/reference.ts'
import { root } from '../supervisor/layout.ts'
import { runLoad, type LoadResult } from './load.ts'

const hourMs = 3_600_000
const connections = 8
const unitCount = 200

/** The same members that the booking service writes for a priced room booking by card. */
function buildClaim(unitId: string, startsAt: Date, now: Date) {
  const attemptId = randomUUID()
  const instants = { starts_at: startsAt.toISOString(), ends_at: new Date(startsAt.getTime() + hourMs).toISOString() }
  const stamps = { created_at: now.toISOString(), updated_at: now.toISOString(), hold_expires_at: new Date(now.getTime() + 600_000).toISOString() }
  const price = { currency: 'EUR', net_minor: 1000, tax_minor: 190, total_minor: 1190, total_credits: null, policy: {} }
  const space = { space_id: unitId, location_id: unitId, kind: 'room', space_name: 'Room 1', location_name: 'Bench', time_zone: 'Europe/Berlin' }
  const who = { id: randomUUID(), user_id: randomUUID(), team_id: null, status: 'pending_payment', version: 1, title: null, attendees: [], withdrawn: false }
  const paid = { buffer_before_minutes: 0, buffer_after_minutes: 0, payment_method: 'card', payment_status: 'pending', attempt_id: attemptId }
  const lines = [{ text: 'Hours', quantity: 1, unitAmountMinor: 1000, amountMinor: 1000 }]
  const booking = { ...who, ...paid, lines, ...space, ...instants, ...stamps, ...price }
  const attempt = { id: attemptId, method: 'card', token: 'tok_ok', currency: 'EUR', amountMinor: 1190, amountCredits: 0 }
  const references = Array.from({ length: 4 }, () => toReference(randomBytes(6)))
  return { attemptId, claim: { booking, units: [unitId], unitNames: { [unitId]: 'Room 1' }, revision: 1, references, unitAsked: false, attempt } }
}

/**
 * The limit everything else is compared with: the two statements of a priced booking (claim, then confirm) from 8
 * connections on a database of its own, with no service, no HTTP and no other client beside them.
 */
export async function benchBareDatabase(superuserUrl: string, seconds: number): Promise<LoadResult> {
  const url = new URL(superuserUrl)
  url.pathname = `/bench_${randomUUID().slice(0, 8)}`
  await createDatabaseIfMissing(url.toString())
  await migrate({ url: url.toString(), directories: [eventsMigrations, `${root}/services/booking/prisma/migrations`], log: { info: () => undefined } })
  const clients = Array.from({ length: connections }, () => new pg.Client({ connectionString: url.toString() }))
  await Promise.all(clients.map((client) => client.connect()))
  const units = Array.from({ length: unitCount }, () => randomUUID())
  const first = Math.floor(Date.now() / hourMs) * hourMs + 48 * hourMs
  const by = JSON.stringify({ type: 'user', id: randomUUID(), traceId: null })
  let next = 0
  try {
    return await runLoad({ clients: connections, seconds }, async (index) => {
      const slot = next++
      const now = new Date()
      const { claim, attemptId } = buildClaim(units[slot % unitCount]!, new Date(first + Math.floor(slot / unitCount) * hourMs), now)
      const client = clients[index]!
      await client.query({ name: 'claim', text: 'SELECT claim_booking($1, $2, $3)', values: [JSON.stringify(claim), now, by] })
      await client.query({
        name: 'settle',
        text: 'SELECT settle_attempt($1, $2, $3, $4, $5, $6)',
        values: [attemptId, 'authorized', randomUUID(), null, now, by],
      })
    })
  } finally {
    await Promise.all(clients.map((client) => client.end()))
    const admin = new pg.Client({ connectionString: superuserUrl })
    await admin.connect()
    await admin.query(`DROP DATABASE ${url.pathname.slice(1)} WITH (FORCE)`)
    await admin.end()
  }
}
