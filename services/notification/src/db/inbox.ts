import { toPage } from '../domain/rows.ts'
import type { Inbox } from '../domain/stores.ts'
import type { PrismaClient } from '../generated/prisma/client.ts'

export function createInbox(prisma: PrismaClient): Inbox {
  return {
    async listItems({ userId, unread, limit, before }) {
      const rows = await prisma.notification.findMany({
        where: {
          userId,
          ...(unread === undefined ? {} : { readAt: unread ? null : { not: null } }),
          ...(before === undefined ? {} : { seq: { lt: before } }),
        },
        orderBy: { seq: 'desc' },
        take: limit + 1,
      })
      return toPage(rows, limit)
    },
    async readItem({ id, userId, now }) {
      await prisma.notification.updateMany({ where: { id, userId, readAt: null }, data: { readAt: now } })
      return (await prisma.notification.findFirst({ where: { id, userId } })) ?? undefined
    },
  }
}
