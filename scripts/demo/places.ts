import type { Location, Space } from '@alcove/contracts'
import { callExpecting, forEach } from './caller.ts'
import { demoLocations, demoPolicies, demoSpaces, toPriceBook, type DemoKind, type DemoLocation } from './catalogue.ts'

/** A bookable demo space with what a plan of bookings needs to know. */
export interface Place {
  readonly spaceId: string
  readonly locationName: string
  readonly name: string
  readonly kind: DemoKind
  readonly units: number
  readonly timeZone: string
}

interface Named {
  readonly id: string
  readonly name: string
}

/** Makes locations, policies, price books and spaces that are not there yet; found by name, so it may be interrupted anywhere. */
export async function makePlaces(base: string, token: string, headers: Readonly<Record<string, string>> = {}): Promise<Place[]> {
  const post = <T>(path: string, body: object) => callExpecting<T>(201, ['POST', `${base}${path}`], { token, body, headers })
  const list = async <T>(path: string) => (await callExpecting<{ items: T[] }>(200, ['GET', `${base}${path}`], { token })).items
  const findOrMake = async <T extends Named>(path: string, present: readonly T[], body: object) => {
    const { name } = body as Named
    return present.find((item) => item.name === name) ?? post<T>(path, body)
  }
  const presentPolicies = await list<Named>('/v1/policies?limit=200')
  const policies = new Map<DemoKind, string>()
  for (const [kind, rules] of Object.entries(demoPolicies) as [DemoKind, object][]) {
    policies.set(kind, (await findOrMake('/v1/policies', presentPolicies, { name: `Demo ${kind}`, ...rules })).id)
  }
  const presentLocations = await list<Location>('/v1/locations?limit=200')
  const presentBooks = await list<Named>('/v1/price-books?limit=200')
  const places: Place[] = []
  await forEach(demoLocations, demoLocations.length, async (wanted) => {
    const location = await findOrMake('/v1/locations', presentLocations, toLocationBody(wanted))
    await callExpecting(200, ['PUT', `${base}/v1/locations/${location.id}/opening-hours`], { token, body: toOpeningHours(wanted) })
    const priceBook = await findOrMake('/v1/price-books', presentBooks, toPriceBook(wanted))
    const presentSpaces = await list<Space>(`/v1/spaces?locationId=${location.id}&limit=200`)
    for (const { floor, ...space } of demoSpaces) {
      const body = { ...space, floor, locationId: location.id, policyId: policies.get(space.kind), priceBookId: priceBook.id }
      const made = await findOrMake<Space>('/v1/spaces', presentSpaces, body)
      places.push({ spaceId: made.id, locationName: wanted.name, name: space.name, kind: space.kind, units: space.units, timeZone: wanted.timeZone })
    }
  })
  // In the catalogue's order, whatever answered first: the plan of bookings must come out the same after an interruption.
  return places.toSorted((a, b) => rank(a) - rank(b))
}

const rank = (place: Place) =>
  demoLocations.findIndex((location) => location.name === place.locationName) * demoSpaces.length + demoSpaces.findIndex((space) => space.name === place.name)

function toLocationBody({ name, timeZone, address, currency, taxRatePercent, weekStartsOn }: DemoLocation): object {
  return { name, timeZone, address, currency, taxRatePercent, weekStartsOn }
}

function toOpeningHours({ weekdays, weekends }: DemoLocation): object {
  const weekly = [1, 2, 3, 4, 5, 6, 7].map((weekday) => {
    const [opens, closes] = weekday > 5 ? weekends : weekdays
    return { weekday, opens, closes }
  })
  return { weekly }
}
