import { PrismaPg } from '@prisma/adapter-pg'
import type { Pool } from 'pg'
import { PrismaClient } from '../generated/prisma/client.ts'
import type { ClosureRecord } from '../domain/closure.ts'
import type { LocationRecord } from '../domain/location.ts'
import type { PolicyRecord } from '../domain/policy.ts'
import type { PriceBookRecord } from '../domain/price-book.ts'
import type { ClosureFilter, Occupancy, PageRequest, Reads, SpaceFilter } from '../domain/reads.ts'
import type { SpaceRecord } from '../domain/space.ts'

const units = { units: { where: { removedAt: null }, orderBy: { number: 'asc' }, select: { id: true, number: true, status: true } } } as const

/** Ids rise with creation (UUIDv7), so the newest come first by id alone. One more than asked for tells whether there is a next page. */
const query = <W extends object>({ limit, before }: PageRequest, where: W) => ({
  where: { ...where, ...(before ? { id: { lt: before } } : {}) },
  orderBy: { id: 'desc' as const },
  take: limit + 1,
})

/** Reads of the public API through Prisma, on the same pool as everything else. JSON columns hold what the use cases wrote. */
export function createReads(pool: Pool): Reads {
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
  return {
    findLocation: async (id) => ((await prisma.location.findFirst({ where: { id, archivedAt: null } })) ?? undefined) as LocationRecord | undefined,
    listLocations: async (page) => (await prisma.location.findMany(query(page, { archivedAt: null }))) as unknown as LocationRecord[],
    findSpace: async (id) => ((await prisma.space.findFirst({ where: { id, archivedAt: null }, include: units })) ?? undefined) as SpaceRecord | undefined,
    listSpaces: async (page, filter) => (await prisma.space.findMany({ ...query(page, spacesWhere(filter)), include: units })) as unknown as SpaceRecord[],
    findClosure: async (id) => ((await prisma.closure.findFirst({ where: { id, deletedAt: null } })) ?? undefined) as ClosureRecord | undefined,
    isClosed: async (at) => (await prisma.closure.findFirst({ where: closuresHitting(at), select: { id: true } })) !== null,
    listClosures: async (page, filter) => (await prisma.closure.findMany(query(page, closuresWhere(filter)))) as ClosureRecord[],
    findPolicy: async (id) => ((await prisma.policy.findUnique({ where: { id } })) ?? undefined) as PolicyRecord | undefined,
    listPolicies: async (page) => (await prisma.policy.findMany(query(page, {}))) as unknown as PolicyRecord[],
    findPriceBook: async (id) => ((await prisma.priceBook.findUnique({ where: { id } })) ?? undefined) as PriceBookRecord | undefined,
    listPriceBooks: async (page) => (await prisma.priceBook.findMany(query(page, {}))) as unknown as PriceBookRecord[],
  }
}

function spacesWhere({ locationId, kind, status, capacityMin, amenity }: SpaceFilter) {
  return {
    archivedAt: null,
    ...(locationId === undefined ? {} : { locationId }),
    ...(kind === undefined ? {} : { kind }),
    ...(status === undefined ? {} : { status }),
    ...(capacityMin === undefined ? {} : { capacity: { gte: capacityMin } }),
    ...(amenity === undefined ? {} : { amenities: { hasEvery: amenity } }),
  }
}

function closuresWhere({ locationId, from, to }: ClosureFilter) {
  return {
    deletedAt: null,
    ...(locationId === undefined ? {} : { locationId }),
    ...(from === undefined ? {} : { endsAt: { gt: new Date(from) } }),
    ...(to === undefined ? {} : { startsAt: { lt: new Date(to) } }),
  }
}

function closuresHitting({ locationId, spaceId, startsAt, endsAt }: Occupancy) {
  return {
    deletedAt: null,
    locationId,
    startsAt: { lt: new Date(endsAt) },
    endsAt: { gt: new Date(startsAt) },
    OR: [{ spaceIds: { isEmpty: true } }, { spaceIds: { has: spaceId } }],
  }
}
