import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack } from '../../scripts/supervisor/stack.ts'
import { connect, eventually, type Api, type BookingAnswer, type Session } from './api.ts'
import { card, hourAt, makePlace, slot } from './places.ts'

let api: Api
let member: Session
let operator: Session

beforeAll(async () => {
  const stack = await startStack({ demo: 'accounts', env: { RATE_LIMITS: 'off' } })
  api = connect(stack)
  member = await api.login('member')
  operator = await api.login('operator')
})
afterAll(async () => {
  await api?.close()
  await api?.stack.down()
})

interface Mail {
  items: { to: string; subject: string; text: string; html: string }[]
}

describe('a member books a desk', () => {
  it('finds it free, books and pays, gets one mail, and an operator sees it in the reports', async () => {
    const place = await makePlace(operator)
    const availability = await member.call<{ items: { spaceId: string; free: { startsAt: string; endsAt: string; unitsFree: number }[] }[] }>(
      'GET',
      `/api/v1/availability?from=${hourAt(0)}&to=${hourAt(24)}&spaceId=${place.spaceId}`,
    )
    expect(availability.body.items).toEqual([{ spaceId: place.spaceId, free: [{ startsAt: hourAt(0), endsAt: hourAt(24), unitsFree: 1 }] }])

    const booked = (await member.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(9, 2), payment: card() })) as unknown as BookingAnswer
    expect(booked.status).toBe(201)
    expect(booked.headers.location).toMatch(new RegExp(`/v1/bookings/${booked.body.id}$`))
    expect(booked.headers['x-gateway-service']).toBe('booking')
    expect(booked.body).toMatchObject({
      status: 'confirmed',
      userId: member.userId,
      price: { net: { amountMinor: 2000 }, tax: { amountMinor: 400 }, total: { amountMinor: 2400 } },
    })

    const captured = await eventually('the payment is captured', async () => {
      const payments = await member.call<{ items: { status: string; capturedMinor: number }[] }>('GET', `/api/v1/payments?bookingId=${booked.body.id}`)
      return payments.body.items.find((payment) => payment.status === 'captured')
    })
    expect(captured.capturedMinor).toBe(2400)
    await eventually('the booking shows the capture', async () => {
      const shown = (await member.call('GET', `/api/v1/bookings/${booked.body.id}`)) as unknown as BookingAnswer
      return shown.body.payment.status === 'captured' && shown.body.version === booked.body.version
    })

    const mail = await eventually('the confirmation mail', async () => {
      const box = await api.call<Mail>('GET', '/dev/mailbox')
      return box.body.items.find((item) => item.subject.includes(booked.body.reference))
    })
    expect(mail).toMatchObject({ to: 'member@alcove.test' })
    expect(mail.text).toContain(booked.body.reference)

    const report = await eventually('the utilisation report shows the booking', async () => {
      const answer = await operator.call<{ items: { bookedMinutes: number; bookings: number; bookableMinutes: number }[] }>(
        'GET',
        `/api/v1/reports/utilisation?from=${hourAt(0)}&to=${hourAt(24)}&locationId=${place.locationId}&groupBy=location`,
      )
      return answer.body.items.find((item) => item.bookings === 1)
    })
    expect(report).toMatchObject({ bookedMinutes: 120, bookableMinutes: 1440 })

    const overlap = (await member.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(10), payment: card() })) as unknown as BookingAnswer
    expect(overlap.status).toBe(409)
    expect(overlap.body).toMatchObject({ type: '/problems/slot-conflict', conflicts: [slot(9, 2)] })
    expect(overlap.body.alternatives).toHaveLength(3)
    const adjacent = await member.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(11), payment: card() })
    expect(adjacent.status).toBe(201)
  })

  it('cancels with a full refund, and the money and the mail follow', async () => {
    const place = await makePlace(operator)
    const booked = (await member.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(9), payment: card() })) as unknown as BookingAnswer
    const cancelled = await member.call<{ status: string; refund: unknown }>('POST', `/api/v1/bookings/${booked.body.id}/cancel`, {})
    expect(cancelled.status).toBe(200)
    expect(cancelled.body).toMatchObject({ status: 'cancelled', refund: { amountMinor: 1200, currency: 'GBP', percent: 100 } })
    const payment = await eventually('nothing is kept', async () => {
      const payments = await member.call<{ items: { status: string; capturedMinor: number; refundedMinor: number }[] }>(
        'GET',
        `/api/v1/payments?bookingId=${booked.body.id}`,
      )
      return payments.body.items.find((item) => item.status === 'refunded' || item.status === 'voided')
    })
    expect(payment.capturedMinor).toBe(payment.refundedMinor)
    const again = await member.call('POST', `/api/v1/bookings/${booked.body.id}/cancel`, {})
    expect(again.status).toBe(200)
    expect(again.body).toMatchObject({ status: 'cancelled', refund: { amountMinor: 1200, percent: 100 } })
  })

  it('pays with credits, and the wallet and its transactions say so', async () => {
    const place = await makePlace(operator, { creditsPerHour: 3 })
    const rich = await api.login('member3')
    const wallet = await rich.call<{ id: string; balanceCredits: number }>('GET', '/api/v1/wallets/me')
    const granted = await operator.call('POST', `/api/v1/wallets/${wallet.body.id}/grants`, { amountCredits: 10, reason: 'welcome' })
    expect(granted.status).toBe(201)
    const booked = await rich.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(9, 2), payment: { method: 'credits' } })
    expect(booked.status).toBe(201)
    await eventually('six credits are gone', async () => {
      const after = await rich.call<{ balanceCredits: number }>('GET', '/api/v1/wallets/me')
      return after.body.balanceCredits === wallet.body.balanceCredits + 4
    })
    const poor = await rich.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(48, 200), payment: { method: 'credits' } })
    expect(poor).toMatchObject({ status: 402, body: { type: '/problems/insufficient-credits' } })
    const free = await rich.call<{ items: unknown[] }>('GET', `/api/v1/availability?from=${hourAt(48)}&to=${hourAt(72)}&spaceId=${place.spaceId}`)
    expect(free.body.items).toMatchObject([{ free: [{ startsAt: hourAt(48), endsAt: hourAt(72) }] }])
  })
})
