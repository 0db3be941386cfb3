import { accountRegistered, auditRecorded, bookingCancelled, bookingNoShow, notificationSent, type CloudEvent, type EventType } from '@alcove/contracts'
import { describe, expect, it } from 'vitest'
import { toAuditRow } from './audit.ts'

const eventOf = (eventType: EventType, data: object = {}): CloudEvent => ({
  specversion: '1.0',
  id: '01890000-0000-7000-8000-0000000000aa',
  source: `/alcove/${eventType.topic}`,
  type: eventType.type,
  subject: 'subject',
  time: '2026-01-05T09:00:00.000Z',
  datacontenttype: 'application/json',
  data: { ...(eventType.example as object), ...data },
})

describe('toAuditRow', () => {
  it('takes a recorded audit as it is', () => {
    const { example } = auditRecorded('account')
    expect(toAuditRow(eventOf(auditRecorded('account')))).toMatchObject({
      action: example.action,
      actorType: 'user',
      actorId: example.actor.id,
      subject: example.subject,
    })
  })

  it('names the person for what only that person does, and the service where the actor is not told', () => {
    expect(toAuditRow(eventOf(accountRegistered))).toMatchObject({ action: 'account.registered', actorType: 'user', actorId: accountRegistered.example.userId })
    expect(toAuditRow(eventOf(bookingCancelled))).toMatchObject({ actorType: 'user', actorId: bookingCancelled.example.userId })
    expect(toAuditRow(eventOf(bookingCancelled, { reasonCode: 'operator' }))).toMatchObject({ actorType: 'service', actorId: 'booking' })
    expect(toAuditRow(eventOf(bookingNoShow))).toMatchObject({ action: 'booking.no-show', actorType: 'service' })
  })

  it('leaves out what tells of no act', () => {
    expect(toAuditRow(eventOf(notificationSent))).toBeUndefined()
  })
})
