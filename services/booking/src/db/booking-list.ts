import type { ListedStatus } from '@alcove/contracts'
import type { Prisma as PrismaTypes } from '../generated/prisma/client.ts'
import type { BookingRecord, PendingChange } from '../domain/booking.ts'
import type { Closure } from '../domain/ports.ts'
import type { Prisma } from './prisma.ts'

export interface ListQuery {
  userId?: string
  spaceId?: string
  locationId?: string
  /** What it hits. */
  closure?: Omit<Closure, 'id'>
  status?: ListedStatus
  from?: Date
  to?: Date
  limit: number
  /** Where the last page ended. */
  after?: { startsAt: Date; id: string } | { id: string }
}

const include = { pendingChange: true, attempts: { orderBy: { createdAt: 'desc' } } } satisfies PrismaTypes.BookingInclude
type Row = PrismaTypes.BookingGetPayload<{ include: typeof include }>

/** Pages of bookings and the history of one. */
export function createBookingLists(prisma: Prisma) {
  return {
    /** One more than `limit` when there are more. Ascending by start with `from`, else newest first. */
    async list(query: ListQuery): Promise<BookingRecord[]> {
      const { closure } = query
      const where: PrismaTypes.BookingWhereInput[] = [
        { status: query.status ?? { not: 'held' }, version: { gt: 0 }, withdrawn: false },
        { userId: query.userId, spaceId: query.spaceId, locationId: query.locationId },
      ]
      if (query.from) where.push({ endsAt: { gt: query.from } })
      if (query.to) where.push({ startsAt: { lt: query.to } })
      if (closure) where.push({ locationId: closure.locationId, startsAt: { lt: closure.endsAt }, endsAt: { gt: closure.startsAt } })
      if (closure && closure.spaceIds.length > 0) where.push({ spaceId: { in: closure.spaceIds } })
      if (query.after) where.push(afterCursor(query.after))
      const orderBy: PrismaTypes.BookingOrderByWithRelationInput[] = query.from ? [{ startsAt: 'asc' }, { id: 'asc' }] : [{ id: 'desc' }]
      const rows = await prisma.booking.findMany({ where: { AND: where }, orderBy, take: query.limit + 1, include })
      return rows.map(toRecord)
    },
    /** As booking has heard of it: it may be late. */
    async findKnownClosure(id: string): Promise<Closure | undefined> {
      return (await prisma.closure.findFirst({ where: { id, deleted: false } })) ?? undefined
    },
    async listHistory(bookingId: string) {
      return prisma.bookingHistory.findMany({ where: { bookingId }, orderBy: { id: 'asc' }, take: 1000 })
    },
    /** Bookings a closure hits that are still to be told of; undefined: there is no such closure. */
    async listHitBy(closureId: string): Promise<{ bookingId: string; userId: string }[] | undefined> {
      const closure = await prisma.closure.findFirst({ where: { id: closureId, deleted: false } })
      if (!closure) return undefined
      const rows = await prisma.booking.findMany({
        where: {
          locationId: closure.locationId,
          startsAt: { lt: closure.endsAt },
          endsAt: { gt: closure.startsAt },
          status: { in: ['pending_approval', 'pending_payment', 'confirmed', 'checked_in'] },
          ...(closure.spaceIds.length > 0 && { spaceId: { in: closure.spaceIds } }),
        },
        select: { id: true, userId: true },
        orderBy: { id: 'asc' },
        take: 10_000,
      })
      return rows.map(({ id, userId }) => ({ bookingId: id, userId }))
    },
  }
}

function afterCursor(after: NonNullable<ListQuery['after']>): PrismaTypes.BookingWhereInput {
  if (!('startsAt' in after)) return { id: { lt: after.id } }
  return { OR: [{ startsAt: { gt: after.startsAt } }, { startsAt: after.startsAt, id: { gt: after.id } }] }
}

const number = (value: bigint | null): number | null => (value === null ? null : Number(value))

function toRecord({ attempts, pendingChange, ...row }: Row): BookingRecord {
  const open = attempts.find(({ status }) => status === 'open')
  return {
    ...row,
    kind: row.kind as BookingRecord['kind'],
    status: row.status as BookingRecord['status'],
    attendees: row.attendees as unknown as BookingRecord['attendees'],
    lines: row.lines as unknown as BookingRecord['lines'],
    policy: row.policy as BookingRecord['policy'],
    paymentMethod: row.paymentMethod as BookingRecord['paymentMethod'],
    paymentStatus: row.paymentStatus as BookingRecord['paymentStatus'],
    reasonCode: row.reasonCode as BookingRecord['reasonCode'],
    netMinor: Number(row.netMinor),
    taxMinor: Number(row.taxMinor),
    totalMinor: Number(row.totalMinor),
    totalCredits: number(row.totalCredits),
    refundMinor: number(row.refundMinor),
    refundCredits: number(row.refundCredits),
    pendingChange: pendingChange && toPending(pendingChange),
    openAttempt: open ? { id: open.id, nextAction: open.nextAction as NonNullable<BookingRecord['openAttempt']>['nextAction'] } : null,
    refusal: attempts.find(({ status }) => status === 'refused')?.reasonCode ?? null,
  }
}

const toPending = (row: NonNullable<Row['pendingChange']>): PendingChange => ({ ...row, totalMinor: Number(row.totalMinor) })
