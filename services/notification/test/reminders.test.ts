import { bookingCancelled, bookingCheckedIn, bookingConfirmed, bookingRescheduledV2, closureCreated, closureDeleted } from '@alcove/contracts'
import { newId } from '@alcove/kit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { remindBookings } from '../src/jobs/remind-bookings.ts'
import { tellClosures } from '../src/jobs/tell-closures.ts'
import { purgeMessages } from '../src/jobs/purge-messages.ts'
import { buildBooking, buildDetail } from './builders.ts'
import { createFixture, createJobDeps, unavailable, type Fixture } from './fixture.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await createFixture()
})
beforeEach(() => fixture.reset())
afterAll(() => fixture.close())

const { signal } = new AbortController()
const remind = () => remindBookings(createJobDeps(fixture), signal)
const subjects = async () => (await fixture.listMails()).map((mail) => mail.subject).filter((subject) => subject.startsWith('Reminder'))
async function remindAndSend(): Promise<string[]> {
  await remind()
  await fixture.sendAll()
  return subjects()
}

// The example starts at 2026-01-05T09:00:00Z and was confirmed a day before; the lead is 60 minutes.
describe('a reminder', () => {
  test('leaves once, an hour before the start, when the clock is moved there', async () => {
    await fixture.deliver(bookingConfirmed)
    fixture.context.clock.set('2026-01-05T07:59:59Z')
    expect(await remindAndSend()).toEqual([])
    fixture.context.clock.set('2026-01-05T08:00:00Z')
    expect(await remindAndSend()).toHaveLength(1)
    fixture.context.clock.set('2026-01-05T08:30:00Z')
    expect(await remindAndSend()).toHaveLength(1)
  })

  test('is not sent when the job comes late and the booking has begun', async () => {
    await fixture.deliver(bookingConfirmed)
    fixture.context.clock.set('2026-01-05T09:00:00Z')
    expect(await remindAndSend()).toEqual([])
  })

  test('that had to wait until the booking began is not sent any more', async () => {
    await fixture.deliver(bookingConfirmed)
    await fixture.sendAll()
    fixture.context.clock.set('2026-01-05T08:10:00Z')
    const { findPerson } = fixture.directory
    fixture.directory.findPerson = unavailable('user')
    expect(await remindAndSend()).toEqual([])
    fixture.directory.findPerson = findPerson
    fixture.context.clock.set('2026-01-05T09:01:00Z')
    fixture.realTime.now = new Date(fixture.realTime.now.getTime() + 60_000)
    expect(await remindAndSend()).toEqual([])
    expect((await fixture.listMessages()).filter((message) => message.kind === 'booking-reminder')).toMatchObject([
      { state: 'dropped', reason_code: 'booking-begun' },
      { state: 'dropped', reason_code: 'booking-begun' },
    ])
  })

  test('follows a moved booking: none for the old start, one for the new', async () => {
    await fixture.deliver(bookingConfirmed)
    const moved = { ...bookingRescheduledV2.example, startsAt: '2026-01-05T13:00:00Z', endsAt: '2026-01-05T14:00:00Z' }
    await fixture.deliver(bookingRescheduledV2, moved)
    fixture.directory.findBookingDetail = async () => buildDetail({ state: moved })
    fixture.context.clock.set('2026-01-05T08:30:00Z')
    expect(await remindAndSend()).toEqual([])
    fixture.context.clock.set('2026-01-05T12:30:00Z')
    expect(await remindAndSend()).toEqual(['Reminder: booking ALC-7Q2M4K starts Mon 5 Jan, 13:00'])
  })

  test('comes again for a booking moved after it was reminded of', async () => {
    await fixture.deliver(bookingConfirmed)
    fixture.context.clock.set('2026-01-05T08:30:00Z')
    expect(await remindAndSend()).toHaveLength(1)
    const moved = { ...bookingRescheduledV2.example, at: '2026-01-05T08:40:00Z', startsAt: '2026-01-05T13:00:00Z', endsAt: '2026-01-05T14:00:00Z' }
    await fixture.deliver(bookingRescheduledV2, moved)
    fixture.directory.findBookingDetail = async () => buildDetail({ state: moved })
    fixture.context.clock.set('2026-01-05T12:30:00Z')
    expect(await remindAndSend()).toHaveLength(2)
  })

  test('is not sent for a booking cancelled or checked in before', async () => {
    await fixture.deliver(bookingConfirmed)
    await fixture.deliver(bookingCancelled)
    const bookingId = newId()
    await fixture.deliver(bookingConfirmed, { ...bookingConfirmed.example, bookingId })
    await fixture.deliver(bookingCheckedIn, { ...bookingCheckedIn.example, bookingId })
    fixture.context.clock.set('2026-01-05T08:30:00Z')
    expect(await remindAndSend()).toEqual([])
  })

  test('is not revived by a confirmation that comes after the cancellation', async () => {
    await fixture.deliver(bookingCancelled)
    await fixture.deliver(bookingConfirmed)
    fixture.context.clock.set('2026-01-05T08:30:00Z')
    expect(await remindAndSend()).toEqual([])
  })

  test('is not sent for a booking made within the lead: its confirmation is fresh', async () => {
    await fixture.deliver(bookingConfirmed, { ...bookingConfirmed.example, at: '2026-01-05T08:20:00Z' })
    fixture.context.clock.set('2026-01-05T08:30:00Z')
    expect(await remindAndSend()).toEqual([])
  })

  test('is owed once by two jobs at once', async () => {
    for (let index = 0; index < 30; index++) await fixture.deliver(bookingConfirmed, { ...bookingConfirmed.example, bookingId: newId() })
    fixture.context.clock.set('2026-01-05T08:30:00Z')
    await Promise.all([remind(), remind(), remind()])
    expect((await fixture.listMessages()).filter((message) => message.kind === 'booking-reminder' && message.channel === 'mail')).toHaveLength(30)
  })
})

describe('a closure', () => {
  const hit = { bookingId: newId(), userId: newId() }
  const standing = { settled: true, items: [hit] }
  const findConfirmed = async () => buildDetail({ state: buildBooking({ status: 'confirmed' }) })
  const tell = (answer: typeof standing | undefined) => tellClosures({ ...createJobDeps(fixture), findHits: async () => answer }, signal)

  test('is told once to each member whom it hits, however often it is asked about', async () => {
    fixture.directory.findBookingDetail = findConfirmed
    await fixture.deliver(closureCreated)
    await tell(undefined)
    await tell({ settled: false, items: [] })
    await tell({ settled: false, items: [hit] })
    await tell(standing)
    await tell({ settled: true, items: [hit, { bookingId: newId(), userId: newId() }] })
    await fixture.sendAll()
    expect((await fixture.listMails()).map((mail) => mail.subject)).toEqual(['Closed during your booking ALC-7Q2M4K'])
  })

  test('that was deleted or is over is told to nobody', async () => {
    await fixture.deliver(closureDeleted)
    await fixture.deliver(closureCreated)
    await fixture.deliver(closureCreated, { ...closureCreated.example, closureId: newId(), startsAt: '2026-01-03T09:00:00Z', endsAt: '2026-01-03T10:00:00Z' })
    await tell(standing)
    expect(await fixture.listMessages()).toEqual([])
  })

  test('is not told about a booking cancelled meanwhile', async () => {
    fixture.directory.findBookingDetail = async () => buildDetail({ state: buildBooking({ status: 'cancelled' }) })
    await fixture.deliver(closureCreated)
    await tell(standing)
    await fixture.sendAll()
    expect(await fixture.listMails()).toEqual([])
  })
})

test('old mails and messages are deleted, what is owed and what is young stays', async () => {
  await fixture.deliver(bookingConfirmed)
  await fixture.sendAll()
  fixture.context.clock.advance({ days: 20 })
  await purgeMessages(createJobDeps(fixture))
  expect(await fixture.listMails()).toHaveLength(1)
  fixture.context.clock.advance({ days: 11 })
  await purgeMessages(createJobDeps(fixture))
  expect(await fixture.listMails()).toHaveLength(0)
  expect(await fixture.listMessages()).toHaveLength(2)
  fixture.context.clock.advance({ days: 10 })
  await purgeMessages(createJobDeps(fixture))
  expect(await fixture.listMessages()).toHaveLength(0)
})
