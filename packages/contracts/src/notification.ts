import Type, { type Static } from 'typebox'
import { defineOperation } from './operation.ts'
import { closed, IdParamsSchema, IdSchema, InstantSchema, listOf, pageQuery, personal } from './primitives.ts'

/** One item of a member's inbox. `body` is plain text; times in it are in the zone the member had when it was written. */
export const NotificationSchema = Type.Object({
  id: IdSchema,
  kind: Type.String(),
  title: Type.String(),
  body: Type.String(),
  bookingId: Type.Optional(IdSchema),
  readAt: Type.Optional(InstantSchema),
  createdAt: InstantSchema,
})
export type Notification = Static<typeof NotificationSchema>

/** A mail as the mailbox keeps it where no SMTP server is configured. `eventId` names the event (or reminder) that caused it. */
export const MailboxItemSchema = Type.Object({
  id: IdSchema,
  to: personal(Type.String()),
  subject: Type.String(),
  text: personal(Type.String()),
  html: personal(Type.String()),
  eventId: IdSchema,
  createdAt: InstantSchema,
})
export type MailboxItem = Static<typeof MailboxItemSchema>

export const listNotifications = defineOperation({
  id: 'list-notifications',
  service: 'notification',
  method: 'GET',
  path: '/v1/notifications',
  summary: 'The caller’s inbox, newest first',
  access: 'user',
  query: closed({ ...pageQuery, unread: Type.Optional(Type.Boolean({ description: 'true: only what was not read yet; false: only what was' })) }),
  responses: { 200: listOf(NotificationSchema) },
})

/** Reading again keeps the first `readAt`. */
export const readNotification = defineOperation({
  id: 'read-notification',
  service: 'notification',
  method: 'POST',
  path: '/v1/notifications/{id}/read',
  summary: 'Mark an inbox item as read',
  access: 'user',
  params: IdParamsSchema,
  responses: { 200: NotificationSchema },
})

/** A page for people, JSON for `Accept: application/json`. Asks nobody's name in the local profile, an admin's anywhere else; 404 once mail leaves by SMTP. */
export const showMailbox = defineOperation({
  id: 'show-mailbox',
  service: 'notification',
  method: 'GET',
  path: '/dev/mailbox',
  summary: 'Mails that would have been sent, newest first',
  access: 'public',
  query: closed({ ...pageQuery, to: Type.Optional(Type.String({ minLength: 1, maxLength: 254, description: 'a part of the recipient’s address' })) }),
  responses: { 200: listOf(MailboxItemSchema) },
  produces: 'text/html',
})
