import { toPage } from '../domain/rows.ts'
import type { Mailbox } from '../domain/stores.ts'
import type { PrismaClient } from '../generated/prisma/client.ts'

export function createMailbox(prisma: PrismaClient): Mailbox {
  return {
    async listMails({ to, limit, before }) {
      const rows = await prisma.mailboxItem.findMany({
        where: {
          ...(to === undefined ? {} : { recipient: { contains: to.replaceAll(/[\\%_]/g, '\\$&'), mode: 'insensitive' as const } }),
          ...(before === undefined ? {} : { seq: { lt: before } }),
        },
        orderBy: { seq: 'desc' },
        take: limit + 1,
      })
      return toPage(rows, limit)
    },
  }
}
