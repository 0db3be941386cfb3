import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack, type Target } from '../../scripts/supervisor/stack.ts'
import { connect, eventually, type Api, type BookingAnswer, type Session } from '../system/api.ts'
import { query } from '../system/databases.ts'
import { card, makePlace, slot, type Place } from '../system/places.ts'

const LIMIT_MS = 120_000
let api: Api
let member: Session
let place: Place

beforeAll(async () => {
  const stack = await startStack({
    transport: 'kafka',
    demo: 'accounts',
    services: ['gateway', 'auth', 'user', 'workspace', 'booking', 'payment', 'notification'],
    env: { RATE_LIMITS: 'off' },
    startTimeoutMs: 180_000,
  })
  api = connect(stack)
  member = await api.login('member')
  place = await makePlace(await api.login('operator'))
})
afterAll(async () => {
  await api?.close()
  await api?.stack.down()
})

const book = async (hours: number) =>
  (await member.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(hours), payment: card() })) as unknown as BookingAnswer

const readMetric = async (target: Target, name: string): Promise<number> => {
  const text = await (await fetch(`${api.stack.opsUrls(target as 'booking')[0]}/metrics`)).text()
  return Number(new RegExp(`^${name}\\{[^}]*\\} (.*)$`, 'm').exec(text)?.[1])
}

const countMails = async (reference: string): Promise<number> => {
  const box = await api.call<{ items: { subject: string }[] }>('GET', '/dev/mailbox?limit=200')
  return box.body.items.filter(({ subject }) => subject.includes(reference)).length
}

describe('the broker is away', () => {
  it('costs no booking and no readiness, not even at a start; what was written meanwhile arrives once it is back, revocations too', async () => {
    const before = await book(0)
    expect(before.status).toBe(201)
    await eventually('the mail of a booking before', async () => (await countMails(before.body.reference)) === 1, LIMIT_MS)
    const other = await api.login('member2')

    await api.stack.broker!.stop()
    const meanwhile = [await book(1), await book(2)]
    for (const service of ['booking', 'notification', 'gateway'] as const) await api.stack.restart(service)
    meanwhile.push(await eventually('a booking after the restarts', async () => [await book(3)].find(({ status }) => status === 201), LIMIT_MS))
    expect(meanwhile.map(({ status }) => status)).toEqual([201, 201, 201])
    expect(api.stack.status().map(({ service, state, restarts }) => `${service} ${state} ${restarts}`)).toEqual(
      api.stack.status().map(({ service }) => `${service} ready 0`),
    )
    await eventually('the outbox has grown old', async () => (await readMetric('booking', 'alcove_outbox_age_seconds')) > 1, LIMIT_MS)
    expect(Number((await query<{ n: string }>(api.stack, 'booking', 'SELECT count(*) AS n FROM outbox'))[0]!.n)).toBeGreaterThanOrEqual(3)
    // Past the gateway, so that only the event can tell it.
    expect((await api.call('POST', '/v1/auth/logout', { base: api.stack.urls.auth, token: other.token })).status).toBe(204)

    await api.stack.broker!.start()
    for (const { body } of meanwhile) await eventually('the mail of a booking meanwhile', async () => (await countMails(body.reference)) === 1, LIMIT_MS)
    await eventually('the gateway knows the revocation', async () => (await other.call('GET', '/api/v1/bookings')).status === 401, LIMIT_MS)
    await eventually('the outbox is empty', async () => (await readMetric('booking', 'alcove_outbox_age_seconds')) === 0, LIMIT_MS)
    await eventually('nothing is left to consume', async () => (await readMetric('notification', 'alcove_consumer_lag')) === 0, LIMIT_MS)
    for (const { body } of meanwhile) expect(await countMails(body.reference)).toBe(1)
    expect(api.stack.status().every(({ restarts }) => restarts === 0)).toBe(true)
  })
})
