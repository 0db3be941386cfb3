import { auditActions, auditRecorded, listAuditSources, type Audit, type AuditAction, type AuditingService, type Topic } from '@alcove/contracts'
import type { Queryable } from '@alcove/database'
import { addOperation, forbidden, newId, toInstant } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { Pool } from 'pg'
import type { Static, TSchema } from 'typebox'
import { writeEvent } from './write-event.ts'

type Members = typeof auditActions
/** The members that an act may show before and after it. */
export type AuditValues<A extends AuditAction> = { readonly [M in keyof Members[A]]?: Members[A][M] extends TSchema ? Static<Members[A][M]> : never }

/** One act as the audit log tells it. */
export interface AuditAct<A extends AuditAction = AuditAction> {
  readonly action: A
  /** What it was done to: an id, never a name. */
  readonly subject: string | null
  /** Whose thing it was. */
  readonly person?: string | null
  readonly before?: AuditValues<A>
  readonly after?: AuditValues<A>
  readonly actor: Audit['actor']
  readonly requestId: string | null
  readonly traceparent?: string | null
  /** Network address of whoever asked; kept here and in no event. */
  readonly address?: string | null
  /** The product's clock. */
  readonly now: Date
}

/** Writes an act into the outbox in the transaction of the act itself, and its source beside it. Values that the act does not declare are left out. */
export async function recordAudit<A extends AuditAction>(tx: Queryable, topic: Topic, act: AuditAct<A>): Promise<void> {
  const { action, subject, person, before, after, actor, requestId, traceparent, address, now } = act
  const auditId = newId()
  const data: Audit = {
    auditId,
    version: 1,
    at: toInstant(now),
    actor,
    action,
    subject,
    requestId,
    person: person ?? null,
    before: pickDeclared(action, before),
    after: pickDeclared(action, after),
  }
  await writeEvent(tx, auditRecorded(topic), { id: auditId, key: auditId, data, now, traceparent })
  if (address) await tx.query({ name: 'audit-source', text: 'INSERT INTO audit_source (event_id, address) VALUES ($1, $2)', values: [auditId, address] })
}

function pickDeclared(action: AuditAction, values: object | undefined): Audit['before'] {
  if (!values) return null
  const declared = Object.entries(values).filter(([name, value]) => name in auditActions[action] && value !== undefined)
  return Object.fromEntries(declared) as Audit['before']
}

/** Mounts the internal route by which reporting joins sources to the entries that an admin reads. */
export function addAuditSourceRoute(app: FastifyInstance, service: AuditingService, pool: Pool): void {
  addOperation(app, listAuditSources(service), async ({ body }, ctx) => {
    if (ctx.caller !== 'reporting') throw forbidden('Only reporting may ask this.')
    const { rows } = await pool.query<{ id: string; address: string }>('SELECT event_id AS id, address FROM audit_source WHERE event_id = ANY ($1)', [body.ids])
    return { status: 200 as const, body: { items: rows } }
  })
}

/** Forgets sources seen longer ago than so many days of real time; returns how many. */
export async function forgetAuditSources(pool: Pool, days: number): Promise<number> {
  const { rowCount } = await pool.query('DELETE FROM audit_source WHERE seen_at < clock_timestamp() - make_interval(days => $1)', [days])
  return rowCount ?? 0
}
