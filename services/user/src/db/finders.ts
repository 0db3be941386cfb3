import type { Address } from '../domain/address.ts'
import type { ShownTeam, TeamRole } from '../domain/team.ts'
import type { PrismaClient } from '../generated/prisma/client.ts'

export interface Page {
  readonly beforeId?: string
  readonly limit: number
}

export interface AddressFinder {
  /** Newest first. */
  list(userId: string, page: Page): Promise<Address[]>
  find(userId: string, id: string): Promise<Address | undefined>
  /** Whether there was one. */
  remove(userId: string, id: string): Promise<boolean>
}

/** A person's addresses; another's are never found. */
export function createAddressFinder(prisma: PrismaClient): AddressFinder {
  return {
    list: (userId, { beforeId, limit }) =>
      prisma.address.findMany({ where: { userId, ...(beforeId && { id: { lt: beforeId } }) }, orderBy: { id: 'desc' }, take: limit }),
    find: async (userId, id) => (await prisma.address.findUnique({ where: { id, userId } })) ?? undefined,
    remove: async (userId, id) => (await prisma.address.deleteMany({ where: { id, userId } })).count === 1,
  }
}

export interface TeamFinder {
  /** Newest first; only those of the person when one is given. */
  list(query: Page & { memberId?: string }): Promise<ShownTeam[]>
  find(id: string): Promise<ShownTeam | undefined>
}

const withMembers = { members: { include: { profile: { select: { displayName: true } } }, orderBy: [{ addedAt: 'asc' as const }, { userId: 'asc' as const }] } }

interface TeamRow {
  id: string
  name: string
  members: { userId: string; role: string; profile: { displayName: string } }[]
}

const toTeam = ({ id, name, members }: TeamRow): ShownTeam => ({
  id,
  name,
  members: members.map(({ userId, role, profile }) => ({ userId, displayName: profile.displayName, role: role as TeamRole })),
})

export function createTeamFinder(prisma: PrismaClient): TeamFinder {
  return {
    async list({ beforeId, limit, memberId }) {
      const rows = await prisma.team.findMany({
        where: { ...(beforeId && { id: { lt: beforeId } }), ...(memberId && { members: { some: { userId: memberId } } }) },
        include: withMembers,
        orderBy: { id: 'desc' },
        take: limit,
      })
      return rows.map(toTeam)
    },
    async find(id) {
      const row = await prisma.team.findUnique({ where: { id }, include: withMembers })
      return row ? toTeam(row) : undefined
    },
  }
}
