import type { Session } from './api.ts'

export interface Place {
  locationId: string
  spaceId: string
  unitIds: string[]
}

export interface PlaceOptions {
  units?: number
  /** Net price an hour; 0 makes it free. */
  hourMinor?: number
  creditsPerHour?: number
  kind?: 'desk' | 'room'
  /** People; 1 unless given. */
  capacity?: number
  policyId?: string
}

async function create<T extends { id: string }>(operator: Session, path: string, body: unknown): Promise<T> {
  const answer = await operator.call<T>('POST', path, body)
  if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

/** A location of its own, always open, with one space: tests never share a place. */
export async function makePlace(operator: Session, options: PlaceOptions = {}): Promise<Place> {
  const { units = 1, hourMinor = 1000, kind = 'desk', creditsPerHour, policyId, capacity } = options
  const location = await create<{ id: string }>(operator, '/api/v1/locations', {
    name: `Test ${crypto.randomUUID().slice(0, 8)}`,
    timeZone: 'Europe/London',
    address: '1 Test Street',
    currency: 'GBP',
    taxRatePercent: 20,
    weekStartsOn: 1,
  })
  const priceBook = hourMinor
    ? await create<{ id: string }>(operator, '/api/v1/price-books', {
        name: `Test ${crypto.randomUUID().slice(0, 8)}`,
        currency: 'GBP',
        rules: [{ unit: 'hour', amountMinor: hourMinor, ...(creditsPerHour ? { creditsPerUnit: creditsPerHour } : {}) }],
      })
    : undefined
  const space = await create<{ id: string; unitList: { id: string }[] }>(operator, '/api/v1/spaces', {
    locationId: location.id,
    name: 'Test space',
    kind,
    units,
    ...(capacity ? { capacity } : {}),
    ...(priceBook ? { priceBookId: priceBook.id } : {}),
    ...(policyId ? { policyId } : {}),
  })
  return { locationId: location.id, spaceId: space.id, unitIds: space.unitList.map((unit) => unit.id) }
}

const hourMs = 3_600_000

/** A whole hour `hours` after the next midnight UTC two days ahead: never in the past, whatever the day. */
export function hourAt(hours: number): string {
  const dayMs = 24 * hourMs
  return new Date(Math.floor(Date.now() / dayMs + 2) * dayMs + hours * hourMs).toISOString().replace('.000Z', 'Z')
}

/** An interval of `length` hours from {@link hourAt}. */
export function slot(hours: number, length = 1): { startsAt: string; endsAt: string } {
  return { startsAt: hourAt(hours), endsAt: hourAt(hours + length) }
}

export const card = (token = 'tok_ok') => ({ method: 'card', token })
