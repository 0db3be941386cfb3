import type { Pool } from 'pg'
import type { AttemptOutcome } from '../domain/attempt.ts'
import type { AttemptStore, ReturnTerms } from '../domain/stores.ts'
import { toWork, type WorkJson } from './work.ts'

type OutcomeJson = AttemptOutcome & { leaseUntil: string | null }

/** The hot statements, named so that PostgreSQL parses and plans each once per connection. */
const statements = {
  insert: `INSERT INTO attempt (id, booking_id, user_id, method, token, amount_minor, amount_credits, currency, status, traceparent, created_at, updated_at,
      due_at, lease_owner, lease_until, unfinished)
    VALUES ($1, $2, $3, 'card', $4, $5, 0, $6, 'processing', $7, $8, $8, $9, $10, $9, true) ON CONFLICT (id) DO NOTHING`,
  outcome: 'SELECT attempt_outcome($1) AS value',
  finish: 'SELECT finish_authorize($1, $2, $3, $4, $5, $6, $7) AS value',
  reserve: 'SELECT reserve_credits($1, $2, $3, $4, $5, $6, $7, $8, $9) AS value',
  claim: 'SELECT claim_attempts($1, $2, $3, $4, $5) AS value',
  work: 'SELECT attempt_work($1) AS value',
  record: 'SELECT record_charge($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS value',
  release: 'SELECT release_attempt($1, $2, $3, $4, $5, $6)',
} as const

/** Attempts in PostgreSQL. The functions it calls stand in `prisma/migrations/…_functions`. */
export function createAttemptStore(pool: Pool, { returnedCreditsDays }: ReturnTerms): AttemptStore {
  const run = (name: keyof typeof statements, values: unknown[]) => pool.query({ name: `attempt-${name}`, text: statements[name], values })
  const readValue = async <T>(name: keyof typeof statements, values: unknown[]) => (await run(name, values)).rows[0]?.value as T
  return {
    async insert(request, { lease, now, traceparent }) {
      const { attemptId, bookingId, userId, token, amountMinor, currency } = request
      const values = [attemptId, bookingId, userId, token, amountMinor, currency, traceparent ?? null, now, lease.until, lease.owner]
      return (await run('insert', values)).rowCount === 1
    },
    async findOutcome(attemptId) {
      const outcome = await readValue<OutcomeJson | null>('outcome', [attemptId])
      return outcome ? { ...outcome, leaseUntil: outcome.leaseUntil === null ? null : new Date(outcome.leaseUntil) } : undefined
    },
    finish(attemptId, { status, reasonCode, paymentId, now, realNow, traceparent }) {
      return readValue<AttemptOutcome>('finish', [attemptId, status, reasonCode, paymentId, now, realNow, traceparent])
    },
    reserveCredits(request, { paymentId, now, realNow, traceparent }) {
      const { attemptId, bookingId, userId, amountCredits, currency } = request
      return readValue<AttemptOutcome>('reserve', [attemptId, bookingId, userId, amountCredits, currency, paymentId, now, realNow, traceparent ?? null])
    },
    async storeRelease(attemptId, { now, realNow }) {
      await pool.query('SELECT store_release($1, $2, $3)', [attemptId, now, realNow])
    },
    async claim({ lease, realNow, limit, attemptId }) {
      const { rows } = await run('claim', [lease.owner, realNow, lease.until, limit, attemptId ?? null])
      return rows.map((row) => toWork(row.value as WorkJson))
    },
    async loadWork(attemptId) {
      return toWork(await readValue<WorkJson>('work', [attemptId]))
    },
    async record({ attempt, wishes }, record, { owner, release, now }) {
      const { capturedMinor, voided, failedCode, refunds } = record
      const values = [attempt.id, capturedMinor, voided, failedCode, JSON.stringify(refunds), owner, wishes, release, now, attempt.traceparent]
      const value = await readValue<WorkJson | null>('record', values)
      return value ? toWork(value) : undefined
    },
    async settleCredits({ attempt }, keep, now) {
      await pool.query('SELECT settle_credits($1, $2, $3, $4, $5)', [attempt.id, keep, now, attempt.traceparent, returnedCreditsDays])
    },
    async writeBookingRefund({ attempt, payment }, { id, amount, now, realNow }) {
      // An operator's refund may have come first and left less: then this writes nothing and the next look decides anew.
      const values = [payment?.id, id, amount, now, realNow, attempt.traceparent, returnedCreditsDays]
      await pool.query("SELECT create_refund($1, $2, 'booking', $3, NULL, NULL, $4, $5, $6, $7)", values)
    },
    async release({ attempt, wishes }, { owner, dueAt, unfinished, realNow }) {
      await run('release', [attempt.id, owner, wishes, dueAt, unfinished, realNow])
    },
    async renewLeases(attemptIds, { owner, until }) {
      // A row that is locked just now is renewed next time: waiting for several in any order would invite deadlocks.
      await pool.query(
        `UPDATE attempt SET lease_until = $1
         WHERE id IN (SELECT id FROM attempt WHERE id = ANY ($2) AND lease_owner = $3 FOR UPDATE SKIP LOCKED)`,
        [until, attemptIds, owner],
      )
    },
  }
}
