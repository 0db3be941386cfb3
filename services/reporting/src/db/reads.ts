import { PrismaPg } from '@prisma/adapter-pg'
import type { Interval, OpeningHours } from '@alcove/rules'
import type { Pool } from 'pg'
import type { Estate } from '../domain/models.ts'
import type { MoneyRow } from '../domain/revenue.ts'
import type { BookedRow, LocationBucket } from '../domain/utilisation.ts'
import { PrismaClient } from '../generated/prisma/client.ts'

/** Where an audit page goes on. */
export interface AuditPosition {
  at: Date
  id: string
}

export interface AuditFilter {
  from?: Date
  to?: Date
  actorId?: string
  action?: string
  subject?: string
  person?: string
}

const BUCKETS = `unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY AS b(location_id, starts_at, ends_at, number)`

// LATERAL, so that each bucket is one short range of an index: as a plain join the planner, who cannot know how many
// buckets there are, compares every booking of a location with every bucket.
const SUM_BOOKED = (space: string) => `
  SELECT b.number::int - 1 AS bucket, k.* FROM ${BUCKETS} CROSS JOIN LATERAL (
    SELECT ${space} AS "spaceId", count(*)::int AS bookings,
      round(sum(extract(epoch FROM LEAST(upper(used), b.ends_at) - GREATEST(lower(used), b.starts_at))) / 60)::float8 AS minutes
    FROM booking WHERE counts AND location_id = b.location_id AND used && tstzrange(b.starts_at, b.ends_at)
    GROUP BY 1) AS k`

// A booking's money stands in the currency of its payments; booked money in its own. Credits are no money.
const SUM_MONEY = (space: string) => `
  SELECT b.number::int - 1 AS bucket, k.* FROM ${BUCKETS} CROSS JOIN LATERAL (
    SELECT ${space} AS "spaceId", m.currency,
      sum(m.booked)::float8 AS "bookedMinor", sum(m.captured)::float8 AS "capturedMinor", sum(m.refunded)::float8 AS "refundedMinor"
    FROM (
      SELECT space_id, currency, total_minor AS booked, 0 AS captured, 0 AS refunded FROM booking
        WHERE location_id = b.location_id AND starts_at >= b.starts_at AND starts_at < b.ends_at AND counts AND payment_method <> 'credits' AND total_minor > 0
      UNION ALL
      SELECT s.space_id, p.currency, 0, p.captured_minor, p.refunded_minor FROM booking s JOIN payment p ON p.booking_id = s.id
        WHERE s.location_id = b.location_id AND s.starts_at >= b.starts_at AND s.starts_at < b.ends_at AND (p.captured_minor > 0 OR p.refunded_minor > 0)) AS m
    GROUP BY 1, 2) AS k`

const columnsOf = (buckets: readonly Omit<LocationBucket, 'key'>[]) => [
  buckets.map(({ locationId }) => locationId),
  buckets.map(({ startsAt }) => new Date(startsAt)),
  buckets.map(({ endsAt }) => new Date(endsAt)),
]

/** Reads of the reports: sums as plain SQL, the rest through Prisma on the same pool. */
export function createReads(pool: Pool) {
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
  return {
    async readEstate({ locationId, range }: { locationId?: string; range: Interval }): Promise<Estate> {
      const byLocation = locationId === undefined ? {} : { locationId }
      const [locations, spaces, closures] = await Promise.all([
        prisma.location.findMany({ where: locationId === undefined ? {} : { id: locationId }, orderBy: { id: 'asc' } }),
        prisma.space.findMany({ where: byLocation }),
        prisma.closure.findMany({
          where: { ...byLocation, deleted: false, startsAt: { lt: new Date(range.endsAt) }, endsAt: { gt: new Date(range.startsAt) } },
        }),
      ])
      return {
        locations: locations.map((row) => ({ ...row, isActive: row.status === 'active', openingHours: row.openingHours as unknown as OpeningHours })),
        spaces,
        closures: closures.map((row) => ({
          locationId: row.locationId,
          // Prisma reads a NULL list as an empty one; a closure of no space at all is refused by workspace.
          spaceIds: row.spaceIds.length > 0 ? row.spaceIds : null,
          startsAt: row.startsAt.getTime(),
          endsAt: row.endsAt.getTime(),
        })),
      }
    },
    async sumBooked(buckets: readonly LocationBucket[], { perSpace }: { perSpace: boolean }): Promise<BookedRow[]> {
      const { rows } = await pool.query<BookedRow>(SUM_BOOKED(perSpace ? 'space_id' : 'NULL::uuid'), columnsOf(buckets))
      return rows
    },
    async sumMoney(buckets: readonly LocationBucket[], { perSpace }: { perSpace: boolean }): Promise<MoneyRow[]> {
      const { rows } = await pool.query<MoneyRow>(SUM_MONEY(perSpace ? 'm.space_id' : 'NULL::uuid'), columnsOf(buckets))
      return rows
    },
    async countStarting(buckets: readonly Omit<LocationBucket, 'key'>[]): Promise<number> {
      const { rows } = await pool.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM ${BUCKETS} JOIN booking k ON k.counts AND k.starts_at >= b.starts_at AND k.starts_at < b.ends_at AND k.location_id = b.location_id`,
        columnsOf(buckets),
      )
      return rows[0]!.count
    },
    countCheckedIn: () => prisma.booking.count({ where: { status: 'checked_in' } }),
    async countDeadLetters(): Promise<number> {
      const { rows } = await pool.query<{ count: number }>('SELECT count(*)::int AS count FROM dead_letter')
      return rows[0]!.count
    },
    /** Newest first, one more than asked for when there is a next page. */
    listAudit(filter: AuditFilter, page: { limit: number; after?: AuditPosition }) {
      const { from, to, ...exact } = filter
      const { after } = page
      return prisma.auditEntry.findMany({
        where: {
          AND: [
            { ...exact, at: { ...(from ? { gte: from } : {}), ...(to ? { lt: to } : {}) } },
            after ? { OR: [{ at: { lt: after.at } }, { at: after.at, id: { lt: after.id } }] } : {},
          ],
        },
        orderBy: [{ at: 'desc' }, { id: 'desc' }],
        take: page.limit + 1,
      })
    },
  }
}
export type Reads = ReturnType<typeof createReads>
