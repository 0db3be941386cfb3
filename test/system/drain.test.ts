import { Pool } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack } from '../../scripts/supervisor/stack.ts'
import { connect, eventually, type Api, type Session } from './api.ts'
import { card, makePlace, slot, type Place } from './places.ts'

let api: Api
let operator: Session
let member: Session

beforeAll(async () => {
  const stack = await startStack({
    demo: 'accounts',
    replicas: { gateway: 2, workspace: 2, booking: 2 },
    // No stale answer may stand in for one that was lost.
    env: { RATE_LIMITS: 'off', STALE_ANSWERS_MAX_BYTES: '0' },
  })
  api = connect(stack)
  operator = await api.login('operator')
  member = await api.login('member')
})
afterAll(async () => {
  await api?.close()
  await api?.stack.down()
})

interface Load {
  /** What was answered, or what went wrong, by how often. */
  outcomes: Map<string, number>
  booked: string[]
  count(): number
  stop(): Promise<void>
}

/** Readers, askers and bookers over connections that stay open, with pauses between their requests, until they are stopped. No request is tried twice. */
function startLoad(place: Place): Load {
  const pool = new Pool(api.stack.urls.gateway, { connections: 16, pipelining: 1, keepAliveTimeout: 1000, keepAliveMaxTimeout: 1000 })
  const outcomes = new Map<string, number>()
  const booked: string[] = []
  let stopped = false
  let hours = 0

  async function ask(method: 'GET' | 'POST', path: string, body?: object): Promise<Record<string, unknown>> {
    const headers = { authorization: `Bearer ${member.token}`, ...(body ? { 'content-type': 'application/json' } : {}) }
    let outcome: string
    let answer: Record<string, unknown> = {}
    try {
      const response = await pool.request({ method, path, headers, body: body ? JSON.stringify(body) : undefined })
      answer = (await response.body.json()) as Record<string, unknown>
      outcome = response.statusCode < 300 ? 'answered' : `${method} ${path.split('/').slice(0, 4).join('/')} ${response.statusCode} ${JSON.stringify(answer)}`
    } catch (error) {
      outcome = `${method} ${path.split('/').slice(0, 4).join('/')} ${String(error)}`
    }
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    return answer
  }
  const work = [
    () => ask('GET', `/api/v1/spaces/${place.spaceId}`),
    () => ask('GET', '/api/v1/locations'),
    () => ask('POST', '/api/v1/quotes', { spaceId: place.spaceId, ...slot(1) }),
    () => ask('POST', '/api/v1/bookings/check', { spaceId: place.spaceId, ...slot(2000) }),
    async () => {
      const { id } = await ask('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(hours++), payment: card() })
      if (typeof id === 'string') booked.push(id)
    },
  ]
  const repeat = async (each: () => Promise<unknown>, pauseMs: number) => {
    while (!stopped) {
      await each()
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
  const workers = work.flatMap((each, index) => [repeat(each, 50 + index * 20), repeat(each, 300 + index * 70)])
  return {
    outcomes,
    booked,
    count: () => [...outcomes.values()].reduce((sum, times) => sum + times, 0),
    async stop() {
      stopped = true
      await Promise.all(workers)
      await pool.close()
    },
  }
}

describe('a rolling restart under a steady load', () => {
  it.each(['gateway', 'workspace', 'booking'] as const)(
    'of %s fails no request and loses no booking',
    async (service) => {
      const place = await makePlace(operator)
      const load = startLoad(place)
      const more = async (requests: number) => {
        const before = load.count()
        await eventually('requests go on', async () => load.count() > before + requests)
      }
      await more(50)
      for (const replica of [1, 2] as const) {
        await api.stack.restart(`${service}.${replica}`)
        await more(30)
      }
      await load.stop()
      expect([...load.outcomes.keys()]).toEqual(['answered'])
      expect(load.booked.length).toBeGreaterThan(5)
      for (const id of load.booked) expect((await member.call('GET', `/api/v1/bookings/${id}`)).status).toBe(200)
    },
    240_000,
  )
})
