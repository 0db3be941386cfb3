import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { ProviderUnavailable, type PaymentProvider, type ProviderCharge } from '../domain/provider.ts'

interface ChargeJson {
  key: string
  token: string
  amount_minor: number
  currency: string
  status: Exclude<ProviderCharge['status'], 'pending'>
  decided_at: string
  captured_minor: number
  refunds: { key: string; amountMinor: number }[]
}

/** Every statement is a transaction of its own, on connections of its own: what it did stays done whatever becomes of the caller. */
const charge = `jsonb_build_object('key', c.key, 'token', c.token, 'amount_minor', c.amount_minor, 'currency', c.currency, 'status', c.status,
  'decided_at', c.decided_at, 'captured_minor', c.captured_minor,
  'refunds', COALESCE((SELECT jsonb_agg(jsonb_build_object('key', r.key, 'amountMinor', r.amount_minor) ORDER BY r.created_at, r.key) FROM sandbox.refund r WHERE r.charge_key = c.key), '[]'))`
const statements = {
  authorize: `INSERT INTO sandbox.charge AS c (key, token, amount_minor, currency, status, decided_at, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (key) DO NOTHING RETURNING ${charge} AS value`,
  find: `SELECT ${charge} AS value FROM sandbox.charge c WHERE c.key = $1`,
  capture: `UPDATE sandbox.charge c SET status = 'captured', captured_minor = $2
    WHERE c.key = $1 AND c.status = 'authorized' AND c.decided_at <= $3 AND $2 BETWEEN 1 AND c.amount_minor RETURNING ${charge} AS value`,
  void: `UPDATE sandbox.charge c SET status = 'voided' WHERE c.key = $1 AND c.status = 'authorized' RETURNING ${charge} AS value`,
  // The charge's CHECK refuses what is more than was captured, at any concurrency; a known key changes nothing.
  refund: `WITH made AS (INSERT INTO sandbox.refund (key, charge_key, amount_minor, created_at) VALUES ($2, $1, $3, $4) ON CONFLICT (key) DO NOTHING RETURNING *)
    UPDATE sandbox.charge c SET refunded_minor = c.refunded_minor + made.amount_minor FROM made WHERE c.key = made.charge_key`,
} as const

/** SQLSTATE of a broken CHECK and of an unknown charge: the sandbox refuses, which is an answer. */
const violations = new Set(['23514', '23503'])

/** Behaviour by token; any other token is refused. */
const accepted = new Set(['tok_ok', 'tok_slow', 'tok_lost'])

/**
 * The sandbox provider: no network, but a foreign system all the same, with its own books in schema `sandbox`. `tok_ok` succeeds,
 * `tok_slow` decides and answers after `slowMs`, `tok_lost` succeeds but its first answer is lost, all others are refused.
 */
export function createSandboxProvider(deps: { pool: Pool; realNow: () => Date; slowMs: number }): PaymentProvider {
  const { pool, realNow, slowMs } = deps

  async function ask(name: keyof typeof statements, values: unknown[]): Promise<ChargeJson | undefined> {
    try {
      const { rows } = await pool.query({ name: `sandbox-${name}`, text: statements[name], values })
      return rows[0]?.value as ChargeJson | undefined
    } catch (error) {
      if (violations.has((error as { code?: string }).code ?? '')) return undefined
      throw new ProviderUnavailable('the sandbox provider gave no answer', { cause: error })
    }
  }
  const toCharge = (row: ChargeJson): ProviderCharge => ({
    key: row.key,
    status: row.status === 'authorized' && new Date(row.decided_at) > realNow() ? 'pending' : row.status,
    amountMinor: row.amount_minor,
    currency: row.currency,
    capturedMinor: row.captured_minor,
    refunds: row.refunds,
  })
  const find = async (key: string) => {
    const row = await ask('find', [key])
    return row && toCharge(row)
  }
  /** A step on a charge it never saw is refused, as any provider would. */
  const findOrRefuse = async (key: string): Promise<ProviderCharge> =>
    (await find(key)) ?? { key, status: 'refused', amountMinor: 0, currency: 'XXX', capturedMinor: 0, refunds: [] }

  return {
    find,
    async authorize({ key, token, amountMinor, currency }) {
      const now = realNow()
      const decidedAt = new Date(now.getTime() + (token === 'tok_slow' ? slowMs : 0))
      const made = await ask('authorize', [key, token, amountMinor, currency, accepted.has(token) ? 'authorized' : 'refused', decidedAt, now])
      if (made && token === 'tok_lost') throw new ProviderUnavailable('the connection was reset')
      let known = made ?? (await ask('find', [key]))
      if (!known) throw new ProviderUnavailable('the charge vanished')
      const restMs = new Date(known.decided_at).getTime() - realNow().getTime()
      if (restMs > 0) {
        await sleep(restMs)
        known = (await ask('find', [key])) ?? known
      }
      return toCharge(known)
    },
    async capture({ key, amountMinor }) {
      const row = await ask('capture', [key, amountMinor, realNow()])
      return row ? toCharge(row) : findOrRefuse(key)
    },
    async void({ key }) {
      const row = await ask('void', [key])
      return row ? toCharge(row) : findOrRefuse(key)
    },
    async refund({ key, refundKey, amountMinor }) {
      await ask('refund', [key, refundKey, amountMinor, realNow()])
      return findOrRefuse(key)
    },
  }
}
