import type { MailboxItem, Notification } from '@alcove/contracts'
import { toInstant } from '@alcove/kit'
import type { MailboxRow, NotificationRow } from './domain/rows.ts'

export function presentNotification(row: NotificationRow): Notification {
  return {
    id: row.id,
    kind: row.kind,
    title: row.title,
    body: row.body,
    ...(row.bookingId ? { bookingId: row.bookingId } : {}),
    ...(row.readAt ? { readAt: toInstant(row.readAt) } : {}),
    createdAt: toInstant(row.createdAt),
  }
}

export function presentMail(row: MailboxRow): MailboxItem {
  return { id: row.id, to: row.recipient, subject: row.subject, text: row.text, html: row.html, eventId: row.eventId, createdAt: toInstant(row.createdAt) }
}
