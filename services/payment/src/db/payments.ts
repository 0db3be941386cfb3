import type { PaymentReader } from '../domain/accounts.ts'
import type { PaymentRecord, RefundRecord } from '../domain/records.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { toPage } from './page.ts'
import type { PrismaClient } from './prisma.ts'

const withRefunds = { refunds: { orderBy: { id: 'asc' } } } as const

/** Payments with their refunds, read through Prisma. */
export function createPaymentReader(prisma: PrismaClient): PaymentReader {
  return {
    async find(id) {
      const row = await prisma.payment.findUnique({ where: { id }, include: withRefunds })
      return row ? toRecord(row) : undefined
    },
    async list({ userId, bookingId }, { limit, after }) {
      const rows = await prisma.payment.findMany({
        where: { userId, bookingId, ...(after ? { id: { lt: after } } : {}) },
        include: withRefunds,
        orderBy: { id: 'desc' },
        take: limit + 1,
      })
      return toPage(rows.map(toRecord), limit)
    },
  }
}

type Row = Prisma.PaymentGetPayload<{ include: { refunds: true } }>

function toRecord(row: Row): PaymentRecord {
  return {
    ...row,
    method: row.method as PaymentRecord['method'],
    status: row.status as PaymentRecord['status'],
    amountMinor: Number(row.amountMinor),
    capturedMinor: Number(row.capturedMinor),
    refundedMinor: Number(row.refundedMinor),
    amountCredits: Number(row.amountCredits),
    capturedCredits: Number(row.capturedCredits),
    refundedCredits: Number(row.refundedCredits),
    refunds: row.refunds.map((refund) => ({
      ...refund,
      origin: refund.origin as RefundRecord['origin'],
      status: refund.status as RefundRecord['status'],
      amountMinor: Number(refund.amountMinor),
      amountCredits: Number(refund.amountCredits),
    })),
  }
}
