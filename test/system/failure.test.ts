import type { ServiceName } from '@alcove/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack } from '../../scripts/supervisor/stack.ts'
import { connect, eventually, type Api, type BookingAnswer, type Session } from './api.ts'
import { countOverlaps, query } from './databases.ts'
import { card, hourAt, makePlace, slot, type Place } from './places.ts'
import { openSinkhole } from './sinkhole.ts'

let api: Api
let operator: Session
let member: Session

beforeAll(async () => {
  const stack = await startStack({
    demo: 'accounts',
    testControls: true,
    // A short life, so that what payment never settled is seen to expire within the test.
    env: { RATE_LIMITS: 'off', HOLD_TTL_SECONDS: '20' },
  })
  api = connect(stack)
  operator = await api.login('operator')
  member = await api.login('member')
})
afterAll(async () => {
  await api?.close()
  await api?.stack.down()
})

const book = async (place: Place, hours: number, payment: unknown = card(), headers?: Record<string, string>): Promise<BookingAnswer> =>
  (await member.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(hours), payment }, headers)) as unknown as BookingAnswer

const isFree = async (place: Place, hours: number): Promise<boolean> => {
  const { startsAt, endsAt } = slot(hours)
  const answer = await member.call<{ items: { free: { startsAt: string; endsAt: string }[] }[] }>(
    'GET',
    `/api/v1/availability?from=${startsAt}&to=${endsAt}&spaceId=${place.spaceId}`,
  )
  return JSON.stringify(answer.body.items[0]?.free.map((free) => [free.startsAt, free.endsAt])) === JSON.stringify([[startsAt, endsAt]])
}

/** Books again and again, hour after hour, until the answer satisfies; each refusal must leave the hour free. */
async function bookUntil(place: Place, from: number, satisfied: (answer: BookingAnswer) => boolean): Promise<number> {
  let hours = from
  await eventually('bookings are as expected', async () => satisfied(await book(place, hours++)))
  return hours
}

const expectUnavailable = (answer: BookingAnswer, dependency: ServiceName): void => {
  expect(answer).toMatchObject({ status: 503, body: { type: '/problems/dependency-unavailable', dependency } })
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
}

describe.each(['user', 'workspace', 'payment'] as const)('%s is stopped', (dependency) => {
  it('gives 503 with the dependency, nothing half done, and no connection once the breaker is open; then closes by itself', async () => {
    const place = await makePlace(operator)
    await api.stack.stop(dependency)
    const sinkhole = await (async () => {
      // What a service remembers for seconds may answer a little longer.
      const next = await bookUntil(place, 0, (answer) => answer.status === 503)
      const refused = await book(place, next)
      expectUnavailable(refused, dependency)
      await eventually('the breaker is open', async () => {
        await book(place, next)
        const states = await breakersOf('booking')
        return states.find((breaker) => breaker.callee === dependency)?.state === 'open'
      })
      return openSinkhole(api.stack.urls[dependency])
    })()
    try {
      // Half-open probes are allowed; the flood of callers is not.
      const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => book(place, 100 + index)))
      for (const answer of answers) expectUnavailable(answer, dependency)
      expect(sinkhole.connections()).toBeLessThanOrEqual(2)
    } finally {
      await sinkhole.close()
    }
    const [row] = await query<{ n: string }>(
      api.stack,
      'booking',
      `SELECT count(*) AS n FROM claim c JOIN booking b ON b.id = c.booking_id WHERE b.space_id = $1 AND c.active AND b.status NOT IN ('confirmed')`,
      [place.spaceId],
    )
    expect(Number(row?.n)).toBe(0)
    await api.stack.start(dependency)
    await bookUntil(place, 200, (answer) => answer.status === 201)
  })
})

async function breakersOf(service: ServiceName): Promise<{ callee: string; state: string }[]> {
  const answer = await api.call<{ breakers: { callee: string; state: string }[] }>('GET', '/internal/status', {
    base: api.stack.urls[service],
    headers: { 'x-service-authorization': `Bearer ${await api.stack.serviceToken('admin', service)}` },
  })
  return answer.body.breakers
}

describe.each(['user', 'workspace'] as const)('%s does not answer', (dependency) => {
  it('gives 503 within the deadline, and the hour stays free', async () => {
    const place = await makePlace(operator)
    api.stack.pause(dependency)
    try {
      const answer = await eventually('a 503', async () => {
        const tried = await book(place, 0, card(), { 'x-request-deadline-ms': '3000' })
        if (tried.status === 201) await member.call('POST', `/api/v1/bookings/${tried.body.id}/cancel`, {})
        return tried.status === 503 && tried
      })
      expectUnavailable(answer, dependency)
    } finally {
      api.stack.resume(dependency)
    }
    await bookUntil(place, 10, (answer) => answer.status === 201)
    expect(await eventually('the hour is free', () => isFree(place, 0))).toBe(true)
  })
})

describe('payment is slow', () => {
  it('a token that takes eight seconds is 202 now and confirmed later, with one payment', async () => {
    const place = await makePlace(operator)
    const pending = await book(place, 0, card('tok_slow'))
    expect(pending).toMatchObject({ status: 202, body: { status: 'pending_payment' } })
    const settled = await eventually('it is confirmed', async () => {
      const now = (await member.call('GET', `/api/v1/bookings/${pending.body.id}`)) as unknown as BookingAnswer
      return now.body.status === 'confirmed' && now
    })
    expect(settled.body.id).toBe(pending.body.id)
    await eventually('it is captured', async () => {
      const payments = await member.call<{ items: { status: string }[] }>('GET', `/api/v1/payments?bookingId=${pending.body.id}`)
      return payments.body.items.length === 1 && payments.body.items[0]?.status === 'captured'
    })
  })

  it('a lost answer is settled to the same booking', async () => {
    const place = await makePlace(operator)
    const answer = await book(place, 0, card('tok_lost'))
    expect([201, 202]).toContain(answer.status)
    await eventually('it is confirmed', async () => {
      const now = (await member.call('GET', `/api/v1/bookings/${answer.body.id}`)) as unknown as BookingAnswer
      return now.body.status === 'confirmed'
    })
  })

  it('a declined token is 402 and the hour is free again', async () => {
    const place = await makePlace(operator)
    expect(await book(place, 0, card('tok_declined'))).toMatchObject({ status: 402, body: { type: '/problems/payment-refused' } })
    expect(await isFree(place, 0)).toBe(true)
    expect((await book(place, 0)).status).toBe(201)
  })

  it('paused in the middle is 202, and what comes of it is settled once it returns', async () => {
    const place = await makePlace(operator)
    api.stack.pause('payment')
    const pending = await book(place, 0)
    api.stack.resume('payment')
    expect(pending.status).toBe(202)
    const settled = await eventually('it is settled', async () => {
      const now = (await member.call('GET', `/api/v1/bookings/${pending.body.id}`)) as unknown as BookingAnswer
      return now.body.status !== 'pending_payment' && now.body
    })
    expect(settled.status).toBe('confirmed')
    await bookUntil(place, 10, (answer) => answer.status === 201)
  })
})

describe('notification and reporting are down throughout', () => {
  it('no booking notices; afterwards each mail is there exactly once and the report is right', async () => {
    const place = await makePlace(operator)
    await api.stack.stop('notification')
    await api.stack.stop('reporting')
    const references: string[] = []
    try {
      for (let hours = 0; hours < 20; hours++) {
        const answer = await book(place, hours)
        expect(answer.status).toBe(201)
        references.push(answer.body.reference)
      }
    } finally {
      await api.stack.start('notification')
      await api.stack.start('reporting')
    }
    const subjectsOf = async (): Promise<string[]> => {
      const box = await api.call<{ items: { subject: string }[] }>('GET', '/dev/mailbox?limit=200')
      return box.body.items.map((item) => item.subject)
    }
    await eventually('all mails', async () => {
      const subjects = await subjectsOf()
      return references.every((reference) => subjects.some((subject) => subject.includes(reference)))
    })
    await eventually('the report', async () => {
      const answer = await operator.call<{ items: { bookings: number; bookedMinutes: number }[] }>(
        'GET',
        `/api/v1/reports/utilisation?from=${hourAt(0)}&to=${hourAt(24)}&locationId=${place.locationId}&groupBy=space`,
      )
      const [item] = answer.body.items
      return item?.bookings === 20 && item.bookedMinutes === 1200
    })
    await api.stack.restart('notification')
    const subjects = await subjectsOf()
    for (const reference of references) expect(subjects.filter((subject) => subject.includes(reference))).toHaveLength(1)
  })
})

describe('all of it', () => {
  it('left no overlap', async () => {
    expect(await countOverlaps(api.stack)).toBe(0)
  })
})
