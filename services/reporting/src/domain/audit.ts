import type { Audit, AuditEntry, BookingMove, BookingState, CloudEvent } from '@alcove/contracts'

/** What is known of where an entry's request came from. */
export type AuditSource = AuditEntry['source']

/** One line of the audit log; its id is the event's. */
export interface AuditRow {
  id: string
  at: Date
  actorType: 'user' | 'service' | 'system'
  actorId: string | null
  action: string
  subject: string | null
  requestId: string | null
  traceId: string | null
  /** Who told it. */
  service: string
  /** Whose thing it was. */
  person: string | null
  before: Record<string, unknown> | null
  after: Record<string, unknown> | null
}

/** Events that tell of no act of anybody: projections, deliveries, what only follows from another event. */
const SILENT = [/^notification\./, /^user\.profile-updated\./, /^payment\.wallet-/, /^payment\.authorized\./]

/** Acts of the person whom the event is about; of other events that name no actor only the service that carried them out is known. */
const OWN_ACTS = new Set([
  'account.registered',
  'account.verified',
  'account.verification-requested',
  'account.password-reset-requested',
  'booking.created',
  'booking.checked-in',
])

/** The line that an event adds to the audit log, if it tells an action. */
export function toAuditRow(event: CloudEvent): AuditRow | undefined {
  if (event.type === 'audit.recorded.v1') {
    const audit = event.data as unknown as Audit
    return {
      id: event.id,
      at: new Date(audit.at),
      actorType: audit.actor.type,
      actorId: audit.actor.id,
      action: audit.action,
      subject: audit.subject,
      requestId: audit.requestId,
      traceId: findTrace(event),
      service: findService(event),
      person: audit.person ?? null,
      before: audit.before ?? null,
      after: audit.after ?? null,
    }
  }
  if (SILENT.some((pattern) => pattern.test(event.type))) return undefined
  const action = event.type.replace(/\.v\d+$/, '')
  const { userId } = event.data as { userId?: string }
  const told = { service: findService(event), person: userId ?? null, before: null, after: null }
  return {
    id: event.id,
    at: new Date(event.time),
    ...findActor(event, action),
    action,
    subject: event.subject,
    requestId: null,
    traceId: findTrace(event),
    ...told,
  }
}

/** The second part of a W3C `traceparent`. */
const findTrace = ({ traceparent }: CloudEvent) => /^00-([0-9a-f]{32})-/.exec(traceparent ?? '')?.[1] ?? null
const findService = (event: CloudEvent) => event.source.replace('/alcove/', '')

function findActor(event: CloudEvent, action: string): Pick<AuditRow, 'actorType' | 'actorId'> {
  const { userId, reasonCode, actor } = event.data as Partial<BookingState & BookingMove>
  if (actor) return { actorType: actor.type, actorId: actor.id }
  const isOwn = OWN_ACTS.has(action) || (action === 'booking.cancelled' && reasonCode === 'member')
  if (isOwn && userId) return { actorType: 'user', actorId: userId }
  return { actorType: 'service', actorId: findService(event) }
}
