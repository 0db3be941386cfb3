import {
  accountDeactivated,
  accountDeviceAdded,
  accountPasswordChanged,
  accountReactivated,
  accountPasswordResetRequested,
  accountRolesChanged,
  accountVerificationRequested,
  bookingCancelled,
  bookingCheckedIn,
  bookingCompleted,
  bookingConfirmed,
  bookingExpired,
  bookingNoShow,
  bookingRescheduled,
  bookingRescheduledV2,
  hasSuccessor,
  userTeamInvited,
  eventTypes,
  closureCreated,
  closureDeleted,
  type CloudEvent,
  type EventType,
} from '@alcove/contracts'
import { getNode } from '@alcove/graph'
import { newId } from '@alcove/kit'
import { buildEvent, deliverMessage, replayLate } from '@alcove/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createHandlers } from '../src/consumers/index.ts'
import { createFixture, type Fixture } from './fixture.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await createFixture()
})
beforeEach(() => fixture.reset())
afterAll(() => fixture.close())

test('an invitation that was answered before its message is written is told nobody; the team’s name is asked at that moment', async () => {
  const { findTeamInvitation } = fixture.directory
  await fixture.deliver(userTeamInvited)
  fixture.directory.findTeamInvitation = async () => undefined
  await fixture.sendAll()
  fixture.directory.findTeamInvitation = findTeamInvitation
  expect((await fixture.listMessages()).map(({ state, reason_code }) => `${state} ${reason_code}`)).toEqual(Array(2).fill('dropped invitation-gone'))
  await fixture.reset()
  await fixture.deliver(userTeamInvited)
  await fixture.sendAll()
  expect((await fixture.listMails())[0]!.subject).toContain('Design')
})

describe('an event delivered twice gives one mail', () => {
  test.each<[EventType, string[]]>([
    [accountVerificationRequested, ['verify-email/mail']],
    [accountPasswordResetRequested, ['reset-password/mail']],
    [accountDeactivated, ['account-deactivated/mail']],
    [accountReactivated, ['account-reactivated/mail']],
    [accountPasswordChanged, ['password-changed/mail']],
    [accountDeviceAdded, ['new-sign-in/mail']],
    [accountRolesChanged, ['roles-changed/mail', 'roles-changed/inbox']],
    [userTeamInvited, ['team-invited/mail', 'team-invited/inbox']],
    [bookingConfirmed, ['booking-confirmed/mail', 'booking-confirmed/inbox']],
    [bookingRescheduledV2, ['booking-rescheduled/mail', 'booking-rescheduled/inbox']],
    [bookingCancelled, ['booking-cancelled/mail', 'booking-cancelled/inbox']],
    [bookingExpired, ['booking-expired/mail', 'booking-expired/inbox']],
  ])('$type', async (eventType, expected) => {
    const event = await fixture.deliver(eventType)
    await fixture.sendAll()
    const messages = await fixture.listMessages()
    expect(messages.map((message) => `${message.kind}/${message.channel}`).sort()).toEqual(expected.sort())
    expect(messages.every((message) => message.state === 'sent')).toBe(true)
    const mails = await fixture.listMails()
    expect(mails).toHaveLength(1)
    expect(mails[0]).toMatchObject({ event_id: event.id, recipient: 'ann@example.org' })
  })

  test.each([bookingRescheduled, bookingCheckedIn, bookingCompleted, bookingNoShow, closureCreated, closureDeleted])('$type gives none', async (eventType) => {
    await fixture.deliver(eventType)
    await fixture.sendAll()
    expect(await fixture.listMessages()).toEqual([])
  })
})

describe('a move', () => {
  const { successorEventId: _none, ...alone } = bookingRescheduled.example

  test('told in two versions gives one mail, from the newer, in whichever order they come', async () => {
    for (const order of [
      [bookingRescheduled, bookingRescheduledV2],
      [bookingRescheduledV2, bookingRescheduled],
    ]) {
      await fixture.reset()
      const events = []
      for (const eventType of order) events.push({ type: eventType.type, id: (await fixture.deliver<EventType>(eventType)).id })
      await fixture.sendAll()
      const mails = await fixture.listMails()
      expect(mails.map(({ event_id }) => event_id)).toEqual(events.filter(({ type }) => type === 'booking.rescheduled.v2').map(({ id }) => id))
      expect(mails[0]!.text).toMatch(/Price before:\s+£6\.00/)
    }
  })

  test('told in the old version alone, by a booking of before, gives one mail too', async () => {
    expect(hasSuccessor({ data: alone })).toBe(false)
    const event = await fixture.deliver(bookingRescheduled, alone)
    await fixture.sendAll()
    const mails = await fixture.listMails()
    expect(mails).toMatchObject([{ event_id: event.id }])
    expect(mails[0]!.text).not.toContain('Price before')
  })
})

test('confirmations that come at once give each booking its mail, and the newest state is kept', async () => {
  const { database, context, handlers } = fixture
  const state = (bookingId: string, version: number) => buildEvent(bookingConfirmed, { ...bookingConfirmed.example, bookingId, version })
  const ids = Array.from({ length: 3 }, () => newId()).sort()
  const batch = [state(ids[2]!, 2), state(ids[0]!, 5), state(ids[1]!, 2), state(ids[0]!, 2)]
  await deliverMessage({ pool: database.pool, handlers, clock: context.clock }, 'booking', ...batch, ...batch)
  await fixture.sendAll()
  expect((await fixture.listMails()).map((mail) => mail.event_id).sort()).toEqual(batch.map(({ id }) => id).sort())
  const { rows } = await database.pool.query("SELECT id, version, (facts ->> 'version')::int AS told FROM booking ORDER BY id")
  expect(rows).toEqual([5, 2, 2].map((version, index) => ({ id: ids[index], version, told: version })))
})

test('a mail tells of itself by one event without any personal member', async () => {
  const event = await fixture.deliver(bookingConfirmed)
  await fixture.sendAll()
  const { rows } = await fixture.database.pool.query('SELECT type, data FROM outbox')
  expect(rows).toEqual([
    { type: 'notification.sent.v1', data: expect.objectContaining({ kind: 'booking-confirmed', channel: 'mail', causeEventId: event.id, reasonCode: null }) },
  ])
  expect(JSON.stringify(rows)).not.toContain('ann@example.org')
})

test('no row that is owed holds a name, an address or a token', async () => {
  await fixture.deliver(accountVerificationRequested)
  await fixture.deliver(bookingConfirmed)
  const { rows } = await fixture.database.pool.query('SELECT * FROM message')
  expect(rows).toHaveLength(3)
  expect(JSON.stringify(rows)).not.toMatch(/@|Ann|token-/)
})

describe('order of a booking’s versions', () => {
  test('a confirmation seen after the cancellation is still mailed, exactly once', async () => {
    await fixture.deliver(bookingCancelled)
    await fixture.sendAll()
    await fixture.deliver(bookingConfirmed)
    await fixture.sendAll()
    expect((await fixture.listMails()).map((mail) => mail.subject.replace(/:.*/, ''))).toEqual(['Booking ALC-7Q2M4K cancelled', 'Booking ALC-7Q2M4K confirmed'])
    const { rows } = await fixture.database.pool.query('SELECT version, status FROM booking')
    expect(rows).toEqual([{ version: 4, status: 'cancelled' }])
  })

  test('a cancellation waits for a confirmation that could not be sent yet', async () => {
    const { findAccount } = fixture.directory
    await fixture.deliver(bookingConfirmed)
    await fixture.deliver(bookingCancelled)
    fixture.directory.findAccount = () => Promise.reject(new Error('not this time'))
    await fixture.sendAll()
    expect(await fixture.listMails()).toEqual([])
    fixture.directory.findAccount = findAccount
    fixture.realTime.now = new Date(fixture.realTime.now.getTime() + 60_000)
    await fixture.sendAll()
    expect((await fixture.listMails()).map((mail) => mail.subject.replace(/:.*/, ''))).toEqual(['Booking ALC-7Q2M4K confirmed', 'Booking ALC-7Q2M4K cancelled'])
  })
})

describe('a dead letter replayed after the booking went on', () => {
  const buildState = (eventType: EventType<typeof bookingConfirmed.data>) => buildEvent(eventType, eventType.example)
  const replay = (dead: CloudEvent, meanwhile: CloudEvent[]) => {
    const { database, context, handlers } = fixture
    return replayLate({ pool: database.pool, handlers, clock: context.clock, topic: 'booking' }, { dead, meanwhile })
  }

  test('of a move is superseded by the cancellation, and nobody is told of it', async () => {
    expect(await replay(buildEvent(bookingRescheduledV2), [buildState(bookingConfirmed), buildState(bookingCancelled)])).toBe('superseded')
    await fixture.sendAll()
    expect((await fixture.listMails()).map((mail) => mail.subject.replace(/:.*/, ''))).toEqual(['Booking ALC-7Q2M4K confirmed', 'Booking ALC-7Q2M4K cancelled'])
  })

  test('of the confirmation still gives its one mail: the member holds it as the receipt', async () => {
    expect(await replay(buildState(bookingConfirmed), [buildState(bookingCancelled)])).toBe('applied')
    await fixture.sendAll()
    expect((await fixture.listMails()).filter(({ subject }) => subject.includes('confirmed'))).toHaveLength(1)
  })
})

test('operators are told of a capture refused for good, former ones are not', async () => {
  const [operator, former] = [newId(), newId()]
  await fixture.deliver(accountRolesChanged, { userId: operator, version: 3, roles: ['member', 'operator'], status: 'active' })
  await fixture.deliver(accountRolesChanged, { userId: former, version: 3, roles: ['admin'], status: 'active' })
  await fixture.deliver(accountRolesChanged, { userId: former, version: 4, roles: ['member'], status: 'active' })
  await fixture.deliver(bookingCancelled, { ...bookingCancelled.example, reasonCode: 'payment-failed' })
  const { rows } = await fixture.database.pool.query("SELECT user_id FROM message WHERE kind = 'operator-capture-refused' AND channel = 'mail'")
  expect(rows).toEqual([{ user_id: operator }])
})

test('every type of event that service.yaml declares has a handler and no other has', () => {
  const { consumes } = getNode('notification')
  const declared = Object.entries(consumes).flatMap(([topic, { types }]) => types.map((type) => `${topic} ${type}`))
  const handlers = createHandlers({ stores: () => expect.fail(), wake: () => undefined })
  expect(handlers.map((handler) => `${handler.topic} ${handler.type}`).sort()).toEqual(declared.sort())
  const known = new Set(eventTypes.map((type) => `${type.topic} ${type.type}`))
  expect(declared.filter((type) => !known.has(type))).toEqual([])
})
