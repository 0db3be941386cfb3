import type { AuditEntry } from '@alcove/contracts'
import { toInstant } from '@alcove/kit'

interface AuditRecord {
  id: string
  at: Date
  actorType: string
  actorId: string | null
  action: string
  subject: string | null
  requestId: string | null
}

export function toAuditEntry(row: AuditRecord): AuditEntry {
  return {
    id: row.id,
    at: toInstant(row.at),
    actor: { type: row.actorType as AuditEntry['actor']['type'], id: row.actorId },
    action: row.action,
    subject: row.subject,
    requestId: row.requestId,
  }
}
