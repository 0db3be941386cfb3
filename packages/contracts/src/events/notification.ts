import Type from 'typebox'
import { IdSchema, nullable } from '../primitives.ts'
import { defineEvent } from './event.ts'

const data = Type.Object({
  notificationId: IdSchema,
  version: Type.Integer({ minimum: 1 }),
  userId: nullable(IdSchema),
  kind: Type.String(),
  channel: Type.Enum(['mail', 'inbox']),
  causeEventId: IdSchema,
  reasonCode: nullable(Type.String()),
})
const example = {
  notificationId: '01890000-0000-7000-8000-000000000040',
  version: 1,
  userId: '01890000-0000-7000-8000-000000000001',
  kind: 'booking-confirmed',
  channel: 'mail' as const,
  causeEventId: '01890000-0000-7000-8000-000000000041',
  reasonCode: null,
}
export const notificationSent = defineEvent({ topic: 'notification', type: 'notification.sent.v1', data, example })
export const notificationFailed = defineEvent({
  topic: 'notification',
  type: 'notification.failed.v1',
  data,
  example: { ...example, reasonCode: 'mailbox-refused' },
})
