import type { Audit } from '@alcove/contracts'
import { newId, toInstant } from '@alcove/kit'
import type { Actor } from '../domain/accounts.ts'

/** The audit event of an operator's act on money; carries ids only. */
export function toAudit(act: { action: string; subject: string; actor: Actor; now: Date }): { key: string; data: Audit; now: Date; traceparent: string } {
  const { action, subject, actor, now } = act
  const auditId = newId()
  const data: Audit = { auditId, version: 1, at: toInstant(now), actor: { type: 'user', id: actor.userId }, action, subject, requestId: actor.requestId }
  return { key: auditId, data, now, traceparent: actor.traceparent }
}
