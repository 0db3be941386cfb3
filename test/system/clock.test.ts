import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack } from '../../scripts/supervisor/stack.ts'
import { connect, eventually, type Api, type BookingAnswer, type Session } from './api.ts'
import { hourAt, makePlace, slot } from './places.ts'

let api: Api
let admin: Session
let member: Session
let operator: Session

beforeAll(async () => {
  const stack = await startStack({
    demo: 'accounts',
    replicas: { booking: 2 },
    env: { RATE_LIMITS: 'off' },
  })
  api = connect(stack)
  admin = await api.login('admin')
  member = await api.login('member')
  operator = await api.login('operator')
})
afterAll(async () => {
  await api?.close()
  await api?.stack.down()
})

const minutesBefore = (instant: string, minutes: number): string => new Date(Date.parse(instant) - minutes * 60_000).toISOString()
const statusOf = async (id: string): Promise<string> => ((await member.call('GET', `/api/v1/bookings/${id}`)) as unknown as BookingAnswer).body.status

describe('the clock of all services moves together and jobs follow', () => {
  it('holds expire, reminders are sent, check-in opens, and what ended is completed', async () => {
    const place = await makePlace(operator, { hourMinor: 0 })
    const hold = await member.call<{ id: string }>('POST', '/api/v1/holds', { spaceId: place.spaceId, ...slot(0) })
    expect(hold.status).toBe(201)
    const booked = (await member.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(5) })) as unknown as BookingAnswer
    expect(booked.status).toBe(201)
    expect(await member.call('POST', `/api/v1/bookings/${booked.body.id}/check-in`)).toMatchObject({
      status: 422,
      body: { errors: [{ code: 'check-in-window' }] },
    })

    expect((await member.call('PUT', '/dev/clock', { advanceSeconds: 601 })).status).toBe(403)
    expect((await admin.call('PUT', '/dev/clock', { advanceSeconds: 601 })).status).toBe(200)
    const taken = await member.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(0) })
    expect(taken.status).toBe(201)
    expect(await member.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(8), holdId: hold.body.id })).toMatchObject({ status: 409 })

    expect((await admin.call('PUT', '/dev/clock', { now: minutesBefore(hourAt(5), 10) })).status).toBe(200)
    const reminder = await eventually('the reminder', async () => {
      const box = await api.call<{ items: { subject: string; text: string }[] }>('GET', '/dev/mailbox')
      return box.body.items.find((item) => item.text.includes(booked.body.reference) && /remind|soon|starts/i.test(item.subject))
    })
    expect(reminder.text).toContain(booked.body.reference)
    const checkedIn = await member.call('POST', `/api/v1/bookings/${booked.body.id}/check-in`)
    expect(checkedIn).toMatchObject({ status: 200, body: { status: 'checked_in' } })

    expect((await admin.call('PUT', '/dev/clock', { now: hourAt(7) })).status).toBe(200)
    await eventually('it is completed', async () => (await statusOf(booked.body.id)) === 'completed')
    expect(await member.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(6) })).toMatchObject({
      status: 422,
      body: { errors: [{ code: 'in-the-past' }] },
    })

    expect((await admin.call('DELETE', '/dev/clock')).status).toBe(204)
    expect((await member.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(6) })).status).toBe(201)
  })
})

describe('times', () => {
  it('offsets are honoured, zero and negative lengths refused, what touches does not conflict', async () => {
    const place = await makePlace(operator, { hourMinor: 0 })
    const at = (hours: number, offset: string, shift: number): string => hourAt(hours + shift).replace('Z', offset)
    const booked = (await member.call('POST', '/api/v1/bookings', {
      spaceId: place.spaceId,
      startsAt: at(9, '+02:00', 2),
      endsAt: at(10, '-05:00', -5),
    })) as unknown as BookingAnswer
    expect(booked).toMatchObject({ status: 201, body: { startsAt: hourAt(9), endsAt: hourAt(10) } })
    expect((await member.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(10) })).status).toBe(201)
    expect((await member.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(8) })).status).toBe(201)
    for (const endsAt of [hourAt(12), hourAt(11)]) {
      const refused = await member.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, startsAt: hourAt(12), endsAt })
      expect(refused).toMatchObject({ status: 422, body: { errors: [{ code: 'interval-invalid' }] } })
    }
  })
})
