import { accountVerificationRequested, bookingConfirmed } from '@alcove/contracts'
import { newId } from '@alcove/kit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CarrierError } from '../src/domain/carrier.ts'
import { createSender, sendBatch } from '../src/jobs/send-messages.ts'
import { waitFor } from '@alcove/testing'
import { createFixture, createTestCarrier, unavailable, type Fixture } from './fixture.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await createFixture()
})
beforeEach(() => fixture.reset())
afterAll(() => fixture.close())

const later = (seconds: number) => {
  fixture.realTime.now = new Date(fixture.realTime.now.getTime() + seconds * 1000)
}

describe('a dependency that is down', () => {
  test.each(['auth', 'user', 'booking'] as const)('%s exhausts nothing: the mail leaves once it is back', async (callee) => {
    await fixture.deliver(bookingConfirmed)
    const working = { ...fixture.directory }
    Object.assign(
      fixture.directory,
      { auth: { findAccount: unavailable('auth') }, user: { findPerson: unavailable('user') }, booking: { findBookingDetail: unavailable('booking') } }[callee],
    )
    for (let round = 0; round < 20; round++) {
      await sendBatch(fixture.sender)
      later(20)
    }
    const waiting = (await fixture.listMessages()).filter((message) => message.channel === 'mail')
    expect(waiting).toMatchObject([{ state: 'owed', failures: 0, waits: 20 }])
    expect(await fixture.listMails()).toEqual([])
    Object.assign(fixture.directory, working)
    await fixture.sendAll()
    expect(await fixture.listMails()).toHaveLength(1)
  })

  test('a wait never grows beyond ten seconds', async () => {
    await fixture.deliver(accountVerificationRequested)
    await fixture.database.pool.query('UPDATE message SET waits = 40')
    fixture.directory.findOneTimeToken = unavailable('auth')
    await sendBatch(fixture.sender)
    later(10)
    expect(await sendBatch(fixture.sender)).toEqual({ taken: 1, isStuck: true })
  })
})

describe('nobody to reach', () => {
  test('an erased person’s message is dropped, not failed', async () => {
    await fixture.deliver(bookingConfirmed)
    fixture.directory.findPerson = async () => undefined
    await fixture.sendAll()
    expect(await fixture.listMessages()).toMatchObject([
      { state: 'dropped', reason_code: 'recipient-unknown' },
      { state: 'dropped', reason_code: 'recipient-unknown' },
    ])
    const { rows } = await fixture.database.pool.query('SELECT type FROM outbox')
    expect(rows).toEqual([])
  })

  test('a used one-time token’s mail is dropped', async () => {
    await fixture.deliver(accountVerificationRequested)
    fixture.directory.findOneTimeToken = async () => undefined
    await fixture.sendAll()
    expect(await fixture.listMessages()).toMatchObject([{ state: 'dropped', reason_code: 'token-gone' }])
  })
})

test('a message that can never be written fails after five tries, says so by event, and keeps no other back', async () => {
  await fixture.deliver(bookingConfirmed)
  await fixture.deliver(accountVerificationRequested)
  fixture.directory.findBookingDetail = () => Promise.reject(new TypeError('broken'))
  for (let round = 0; round < 6; round++) {
    await fixture.sendAll()
    later(60)
  }
  expect((await fixture.listMessages()).map((message) => [message.kind, message.state, message.reason_code])).toEqual([
    ['booking-confirmed', 'failed', 'internal'],
    ['booking-confirmed', 'failed', 'internal'],
    ['verify-email', 'sent', null],
  ])
  const { rows } = await fixture.database.pool.query("SELECT data->>'reasonCode' AS reason FROM outbox WHERE type = 'notification.failed.v1'")
  expect(rows).toEqual([{ reason: 'internal' }, { reason: 'internal' }])
})

describe('killed', () => {
  /** Stands for the process dying at a kill point: nothing after it happens, nothing is given back. */
  const dying = (point: string) => ({
    ...fixture.sender,
    killPoints: {
      reach(name: string) {
        if (name === point) throw new Error('killed')
      },
    },
  })

  test.each(['message.leased', 'message.written'])('at %s: another takes it when the lease ends, and the mailbox has it once', async (point) => {
    await fixture.deliver(bookingConfirmed)
    await expect(sendBatch(dying(point))).rejects.toThrow('killed')
    await fixture.sendAll()
    expect(await fixture.listMails()).toEqual([])
    later(61)
    await fixture.sendAll()
    expect(await fixture.listMails()).toHaveLength(1)
    const items = await fixture.database.pool.query('SELECT FROM notification')
    expect(items.rowCount).toBe(1)
  })

  test('after the mark: nothing is done again', async () => {
    await fixture.deliver(bookingConfirmed)
    await expect(sendBatch(dying('message.finished'))).rejects.toThrow('killed')
    later(61)
    await fixture.sendAll()
    expect(await fixture.listMails()).toHaveLength(1)
  })

  test('a lease that is renewed is not taken over', async () => {
    await fixture.deliver(bookingConfirmed)
    const slow = await fixture.sender.queue.lease(50, 15)
    later(14)
    await fixture.sender.queue.renew(slow.leaseId, 15)
    later(14)
    expect(await sendBatch(fixture.sender)).toEqual({ taken: 0, isStuck: false })
    later(2)
    expect(await sendBatch(fixture.sender)).toEqual({ taken: 2, isStuck: false })
  })

  test('a worker that comes back after its lease was taken over marks nothing', async () => {
    await fixture.deliver(bookingConfirmed)
    const slow = await fixture.sender.queue.lease(50, 60)
    later(61)
    await fixture.sendAll()
    const letter = { to: 'ann@example.org', subject: 'late', text: 'late', html: 'late' }
    const held = await fixture.sender.queue.finish(
      slow.leaseId,
      slow.messages.map((message) => ({ message, state: 'sent' as const, reasonCode: null, letter })),
    )
    expect(held).toEqual([])
    expect((await fixture.listMails()).map((mail) => mail.subject)).not.toContain('late')
  })
})

test('four workers at once send each of 120 messages once', async () => {
  for (let index = 0; index < 60; index++) await fixture.deliver(bookingConfirmed, { ...bookingConfirmed.example, bookingId: newId() })
  await Promise.all(Array.from({ length: 4 }, () => fixture.sendAll()))
  expect(await fixture.listMails()).toHaveLength(60)
  expect((await fixture.listMessages()).every((message) => message.state === 'sent')).toBe(true)
})

describe('with an SMTP server', () => {
  test('a mail leaves once and the mailbox keeps nothing', async () => {
    const carrier = createTestCarrier()
    fixture.sender.carrier = carrier
    const event = await fixture.deliver(bookingConfirmed)
    await fixture.sendAll()
    expect(carrier.sent).toEqual([{ to: 'ann@example.org', messageId: expect.stringMatching(`^<${event.id}\\.booking-confirmed\\..+@alcove\\.test>$`) }])
    expect(await fixture.listMails()).toEqual([])
  })

  test('killed between send and mark: it may leave twice, always under the same Message-ID', async () => {
    const carrier = createTestCarrier()
    fixture.sender.carrier = carrier
    await fixture.deliver(accountVerificationRequested)
    const reach = (name: string) => {
      if (name === 'message.written') throw new Error('killed')
    }
    const queue = { ...fixture.sender.queue, finish: () => Promise.reject(new Error('killed')), postpone: async () => undefined }
    await sendBatch({ ...fixture.sender, queue, killPoints: { reach } }).catch(() => undefined)
    later(61)
    await fixture.sendAll()
    expect(carrier.sent).toHaveLength(2)
    expect(carrier.sent[0]).toEqual(carrier.sent[1])
    expect(await fixture.listMessages()).toMatchObject([{ state: 'sent' }])
  })

  test('that is down: the mail waits; the inbox item does not', async () => {
    const carrier = createTestCarrier()
    carrier.failWith = new CarrierError('down', { isFinal: false, cause: undefined })
    fixture.sender.carrier = carrier
    await fixture.deliver(bookingConfirmed)
    await fixture.sendAll()
    expect((await fixture.listMessages()).map((message) => [message.channel, message.state, message.failures])).toEqual([
      ['mail', 'owed', 0],
      ['inbox', 'sent', 0],
    ])
    carrier.failWith = undefined
    later(10)
    await fixture.sendAll()
    expect(carrier.sent).toHaveLength(1)
  })

  test('that refuses the recipient for good: failed, told by event', async () => {
    const carrier = createTestCarrier()
    carrier.failWith = new CarrierError('550', { isFinal: true, cause: undefined })
    fixture.sender.carrier = carrier
    await fixture.deliver(accountVerificationRequested)
    await fixture.sendAll()
    expect(await fixture.listMessages()).toMatchObject([{ state: 'failed', reason_code: 'mailbox-refused' }])
    const { rows } = await fixture.database.pool.query('SELECT type FROM outbox')
    expect(rows).toEqual([{ type: 'notification.failed.v1' }])
  })
})

test('the running sender sends what it is woken for and stops', async () => {
  const sender = createSender({ ...fixture.sender, realNow: () => new Date() })
  await sender.start?.()
  await fixture.deliver(accountVerificationRequested)
  sender.wake()
  await waitFor(async () => (await fixture.listMails()).length === 1)
  await sender.stop?.()
  await fixture.deliver(accountVerificationRequested)
  sender.wake()
  expect(await fixture.listMessages()).toMatchObject([{ state: 'sent' }, { state: 'owed' }])
})
