import * as account from './account.ts'
import { auditRecorded } from './audit.ts'
import * as booking from './booking.ts'
import type { EventType } from './event.ts'
import * as notification from './notification.ts'
import * as payment from './payment.ts'
import * as user from './user.ts'
import * as workspace from './workspace.ts'

export * from './account.ts'
export * from './audit.ts'
export * from './booking.ts'
export * from './event.ts'
export * from './notification.ts'
export * from './payment.ts'
export * from './user.ts'
export * from './workspace.ts'

const isEventType = (value: unknown): value is EventType => typeof value === 'object' && value !== null && 'topic' in value && 'example' in value

/** Every event type but `audit.recorded.v1`, which exists once per topic ({@link auditRecorded}). */
export const eventTypes: readonly EventType[] = [account, user, workspace, booking, payment, notification].flatMap((module) =>
  Object.values(module).filter(isEventType),
)

/** The event type of that name on that topic, or undefined. */
export function findEventType(topic: EventType['topic'], type: string): EventType | undefined {
  return type === 'audit.recorded.v1' ? auditRecorded(topic) : eventTypes.find((event) => event.topic === topic && event.type === type)
}
