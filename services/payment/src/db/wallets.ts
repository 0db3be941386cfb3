import { withTransaction } from '@alcove/database'
import { recordAudit } from '@alcove/events'
import type { Pool, PoolClient } from 'pg'
import type { NewGrant, WalletStore } from '../domain/accounts.ts'
import type { TransferRecord, WalletRecord } from '../domain/records.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { takeIdempotencyKey } from './idempotency.ts'
import { toPage } from './page.ts'
import type { PrismaClient } from './prisma.ts'

const withBuckets = {
  buckets: { where: { balanceCredits: { gt: 0 } }, orderBy: [{ expiresAt: { sort: 'asc', nulls: 'last' } }, { id: 'asc' }] },
} satisfies Prisma.WalletInclude

export function createWalletStore(pool: Pool, prisma: PrismaClient): WalletStore {
  const find = async (id: string) => {
    const row = await prisma.wallet.findFirst({ where: { OR: [{ id }, { userId: id }] }, include: withBuckets })
    return row ? toRecord(row) : undefined
  }
  return {
    find,
    async ensure(userId, now) {
      const { rows } = await pool.query<{ id: string }>({ name: 'wallet-ensure', text: 'SELECT ensure_wallet($1, $2) AS id', values: [userId, now] })
      const wallet = await find(rows[0]!.id)
      if (!wallet) throw new Error(`the wallet of ${userId} vanished`)
      return wallet
    },
    async listTransfers(walletId, { limit, after }) {
      const rows = await prisma.ledgerEntry.findMany({
        // A capture moves reserved credits on; the wallet lost them before.
        where: { walletId, kind: { not: 'capture' }, ...(after ? { id: { lt: after } } : {}) },
        orderBy: { id: 'desc' },
        take: limit + 1,
      })
      return toPage(
        rows.map((row) => ({ ...row, kind: row.kind as TransferRecord['kind'], amountCredits: Number(row.amount) })),
        limit,
      )
    },
    grant(grant) {
      const { id, now, idempotency } = grant
      return withTransaction(pool, async (tx) => {
        if (await takeIdempotencyKey(tx, idempotency, { id, now })) return
        await writeGrant(tx, grant)
      })
    },
    async expire(now, limit) {
      const { rows } = await pool.query<{ wallets: number }>('SELECT expire_credits($1, $2) AS wallets', [now, limit])
      return rows[0]!.wallets
    },
  }
}

/** A bucket of its own, with ledger row, events and audit, in the given transaction. */
export async function writeGrant(tx: PoolClient, grant: Omit<NewGrant, 'idempotency'>): Promise<void> {
  const { id, walletId, amountCredits, reason, expiresAt, actor, now } = grant
  const values = [walletId, id, amountCredits, reason, expiresAt ?? null, now, actor.traceparent]
  await tx.query("SELECT grant_credits($1, $2, $3, 'grant', $4, $5, $6, $7)", values)
  await auditGrant(tx, grant)
}

/** The function above holds the wallet's row: what it is now is what this grant has made of it. */
async function auditGrant(tx: PoolClient, { walletId, userId, amountCredits, actor, now }: Omit<NewGrant, 'idempotency'>): Promise<void> {
  const { rows } = await tx.query<{ balance: string }>('SELECT balance_credits AS balance FROM wallet WHERE id = $1', [walletId])
  const balanceCredits = Number(rows[0]!.balance)
  const { address, requestId, traceparent } = actor
  await recordAudit(tx, 'payment', {
    action: 'wallet.granted',
    subject: walletId,
    person: userId,
    before: { balanceCredits: balanceCredits - amountCredits },
    after: { balanceCredits },
    actor: { type: 'user', id: actor.userId },
    requestId,
    traceparent,
    address,
    now,
  })
}

interface Row {
  id: string
  userId: string
  balanceCredits: bigint
  buckets: { source: string; balanceCredits: bigint; expiresAt: Date | null }[]
}

function toRecord({ id, userId, balanceCredits, buckets }: Row): WalletRecord {
  return {
    id,
    userId,
    balanceCredits: Number(balanceCredits),
    buckets: buckets.map((bucket) => ({ source: bucket.source, balanceCredits: Number(bucket.balanceCredits), expiresAt: bucket.expiresAt })),
  }
}
