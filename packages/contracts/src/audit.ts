import Type, { type TSchema } from 'typebox'
import { RoleSchema } from './events/account.ts'
import { BookingStateSchema } from './events/booking.ts'
import { IdSchema, InstantSchema, nullable } from './primitives.ts'

const status = { status: Type.Enum(['unverified', 'active', 'deactivated']) }
const teamRole = { role: nullable(Type.Enum(['member', 'team-admin'])) }
const grantStatus = { status: Type.Enum(['pending', 'approved', 'declined']) }
const count = Type.Integer({ minimum: 0 })
const booking = {
  status: BookingStateSchema.properties.status,
  version: Type.Integer({ minimum: 1 }),
  startsAt: InstantSchema,
  endsAt: InstantSchema,
  spaceId: IdSchema,
  unitId: IdSchema,
  totalMinor: count,
  refundMinor: nullable(count),
}

/**
 * Every act that the audit log knows, with the members that `before` and `after` may have. Ids, numbers, instants and closed sets of words
 * alone: what somebody wrote or is called never enters the log. An act without members says that it was done and no more.
 */
export const auditActions = {
  'account.registration-requested': {},
  'account.deactivated': status,
  'account.reactivated': status,
  'session.started': {},
  'session.refused': {},
  'session.throttled': {},
  'session.ended': {},
  'session.token-reused': {},
  'sessions.ended': { sessions: count },
  'password.reset-requested': {},
  'password.reset': {},
  'password.changed': {},
  'roles.changed': { roles: Type.Array(RoleSchema) },
  'user.deactivated': status,
  'user.reactivated': status,
  'team.renamed': {},
  'team.member-invited': teamRole,
  'team.invitation-withdrawn': teamRole,
  'team.member-added': teamRole,
  'team.member-role-changed': teamRole,
  'team.member-removed': teamRole,
  'location.created': {},
  'location.updated': {},
  'location.archived': {},
  'space.created': {},
  'space.updated': {},
  'space.archived': {},
  'closure.created': {},
  'closure.deleted': {},
  'policy.created': {},
  'policy.updated': {},
  'price-book.created': {},
  'price-book.updated': {},
  'booking.changed': booking,
  'booking.described': { version: booking.version },
  'booking.cancelled': booking,
  'booking.checked-in': booking,
  'booking.checked-out': booking,
  'booking.paid': { ...booking, paymentStatus: Type.Enum(['none', 'pending', 'authorized', 'captured', 'voided', 'refunded', 'failed']) },
  'payment.refunded': { refundedMinor: count, refundedCredits: count },
  'wallet.granted': { balanceCredits: count },
  'wallet.grant-requested': { amountCredits: count },
  'wallet.grant-declined': grantStatus,
  'dead-letter.replayed': {},
  'dead-letter.superseded': {},
  'dead-letter.discarded': {},
} as const satisfies Record<string, Record<string, TSchema>>
export type AuditAction = keyof typeof auditActions

/**
 * What an operation leaves in the audit log when it is done on somebody else's thing. `own`: it reaches only what is the caller's own;
 * `nothing`: it changes nothing; `local`: only where no person but the developer is.
 */
export type OperationAudit = readonly AuditAction[] | 'own' | 'nothing' | 'local'

/** The answer for every writing operation that a person may call; a test refuses one without. */
export const operationAudits: Readonly<Record<string, OperationAudit>> = {
  register: ['account.registration-requested'],
  'verify-email': 'own',
  login: ['session.started', 'session.refused', 'session.throttled'],
  refresh: ['session.token-reused'],
  logout: ['session.ended'],
  'delete-session': ['session.ended'],
  'delete-user-sessions': ['sessions.ended'],
  'forgot-password': ['password.reset-requested'],
  'reset-password': ['password.reset'],
  'change-password': ['password.changed'],
  'set-roles': ['roles.changed'],
  'update-me': 'own',
  'create-address': 'own',
  'delete-address': 'own',
  'deactivate-user': ['account.deactivated', 'user.deactivated'],
  'reactivate-user': ['account.reactivated', 'user.reactivated'],
  'create-team': 'own',
  'update-team': ['team.renamed'],
  'add-team-member': ['team.member-added', 'team.member-role-changed'],
  'invite-team-member': ['team.member-invited'],
  'withdraw-team-invitation': ['team.invitation-withdrawn'],
  'accept-invitation': ['team.member-added'],
  'decline-invitation': 'own',
  'remove-team-member': ['team.member-removed'],
  'create-location': ['location.created'],
  'update-location': ['location.updated'],
  'delete-location': ['location.archived', 'space.archived'],
  'put-opening-hours': ['location.updated'],
  'create-closure': ['closure.created'],
  'delete-closure': ['closure.deleted'],
  'create-space': ['space.created'],
  'update-space': ['space.updated'],
  'delete-space': ['space.archived'],
  'create-policy': ['policy.created'],
  'update-policy': ['policy.updated'],
  'create-price-book': ['price-book.created'],
  'update-price-book': ['price-book.updated'],
  'create-quote': 'nothing',
  'check-booking': 'nothing',
  'create-hold': 'own',
  'delete-hold': 'own',
  'create-booking': 'own',
  'change-booking': ['booking.changed', 'booking.described'],
  'cancel-booking': ['booking.cancelled'],
  'check-in-booking': ['booking.checked-in'],
  'check-out-booking': ['booking.checked-out'],
  'pay-booking': ['booking.paid'],
  'create-refund': ['payment.refunded'],
  'create-grant': ['wallet.granted', 'wallet.grant-requested'],
  'approve-grant-request': ['wallet.granted'],
  'decline-grant-request': ['wallet.grant-declined'],
  'read-notification': 'own',
  'replay-dead-letters': ['dead-letter.replayed', 'dead-letter.superseded'],
  'replay-dead-letter': ['dead-letter.replayed', 'dead-letter.superseded'],
  'discard-dead-letter': ['dead-letter.discarded'],
  'set-dev-clock': 'local',
  'reset-dev-clock': 'local',
}
