import * as admin from './admin.ts'
import * as auth from './auth.ts'
import * as booking from './booking.ts'
import * as gateway from './gateway.ts'
import * as internal from './internal/index.ts'
import * as notification from './notification.ts'
import type { Operation } from './operation.ts'
import * as payment from './payment.ts'
import * as reporting from './reporting.ts'
import * as teamInvitations from './team-invitations.ts'
import * as user from './user.ts'
import * as workspace from './workspace.ts'

export * from './admin.ts'
export * from './asyncapi.ts'
export * from './audit.ts'
export * from './auth.ts'
export * from './booking.ts'
export * from './compatibility.ts'
export * from './events/index.ts'
export * from './gateway.ts'
export * from './internal/index.ts'
export * from './notification.ts'
export * from './openapi.ts'
export * from './operation.ts'
export * from './payment.ts'
export * from './primitives.ts'
export * from './problems.ts'
export * from './reporting.ts'
export * from './services.ts'
export * from './team-invitations.ts'
export * from './text.ts'
export * from './user.ts'
export * from './workspace.ts'

const isOperation = (value: unknown): value is Operation => typeof value === 'object' && value !== null && 'path' in value && 'responses' in value

/** Every operation of every service, public and internal (`access: 'service'`). */
export const operations: readonly Operation[] = [
  auth,
  user,
  teamInvitations,
  workspace,
  booking,
  payment,
  notification,
  reporting,
  gateway,
  admin,
  internal,
].flatMap((module) => Object.values(module).filter(isOperation))
