import { request, type Dispatcher } from 'undici'
import type { Stack } from '../supervisor/types.ts'

/** One answer, read to its end. */
export async function callJson<T>(
  dispatcher: Dispatcher,
  url: string,
  options: { method?: string; token?: string; body?: unknown } = {},
): Promise<{ status: number; body: T }> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (options.token) headers.authorization = `Bearer ${options.token}`
  if (options.body !== undefined) headers['content-type'] = 'application/json'
  const answer = await request(url, {
    method: (options.method ?? 'GET') as 'GET',
    headers,
    body: options.body === undefined ? undefined : JSON.stringify(options.body),
    dispatcher,
  })
  const text = await answer.body.text()
  return { status: answer.statusCode, body: (text ? JSON.parse(text) : undefined) as T }
}

async function expectStatus<T>(status: number, answer: Promise<{ status: number; body: T }>): Promise<T> {
  const got = await answer
  if (got.status !== status) throw new Error(`expected ${status}, got ${got.status}: ${JSON.stringify(got.body)}`)
  return got.body
}

export interface Fixtures {
  readonly locationId: string
  readonly spaces: readonly { id: string; unitId: string }[]
  /** Access tokens of members who book in turn. */
  readonly tokens: readonly string[]
}

const members = ['member', ...Array.from({ length: 19 }, (_, index) => `member${index + 2}`)]

/** One location, always open, with `spaceCount` single rooms at a price, and twenty members logged in. */
export async function makeFixtures(stack: Stack, dispatcher: Dispatcher, spaceCount: number): Promise<Fixtures> {
  const gateway = stack.urls.gateway
  const login = async (name: string): Promise<string> => {
    const body = { email: `${name}@alcove.test`, password: 'alcove-demo' }
    return (await expectStatus(200, callJson<{ accessToken: string }>(dispatcher, `${gateway}/api/v1/auth/login`, { method: 'POST', body }))).accessToken
  }
  const operator = await login('operator')
  const create = <T>(path: string, body: unknown): Promise<T> =>
    expectStatus(201, callJson<T>(dispatcher, `${gateway}${path}`, { method: 'POST', token: operator, body }))
  const location = await create<{ id: string }>('/api/v1/locations', {
    name: 'Bench',
    timeZone: 'Europe/Berlin',
    address: '1 Bench Street',
    currency: 'EUR',
    taxRatePercent: 19,
    weekStartsOn: 1,
  })
  const priceBook = await create<{ id: string }>('/api/v1/price-books', { name: 'Bench', currency: 'EUR', rules: [{ unit: 'hour', amountMinor: 1000 }] })
  const spaces: { id: string; unitId: string }[] = []
  for (let index = 0; index < spaceCount; index++) {
    const body = { locationId: location.id, name: `Room ${index + 1}`, kind: 'room', capacity: 4, priceBookId: priceBook.id }
    const space = await create<{ id: string; unitList: { id: string }[] }>('/api/v1/spaces', body)
    spaces.push({ id: space.id, unitId: space.unitList[0]?.id ?? '' })
  }
  const tokens: string[] = []
  for (const name of members) tokens.push(await login(name))
  return { locationId: location.id, spaces, tokens }
}

const hourMs = 3_600_000

/** Hands out hours that nobody else gets: space by space, hour by hour, from two days ahead. */
export function createSlots(spaces: readonly { id: string }[]): () => { spaceId: string; startsAt: string; endsAt: string } {
  const first = Math.floor(Date.now() / hourMs) * hourMs + 48 * hourMs
  let next = 0
  return () => {
    const space = spaces[next % spaces.length]
    if (!space) throw new Error('no spaces to book')
    const startsAt = first + Math.floor(next / spaces.length) * hourMs
    next += 1
    return { spaceId: space.id, startsAt: new Date(startsAt).toISOString(), endsAt: new Date(startsAt + hourMs).toISOString() }
  }
}
