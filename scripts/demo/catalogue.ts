/** The demo's locations as `POST /v1/locations` takes them, with when they are open. */
export interface DemoLocation {
  readonly name: string
  readonly timeZone: string
  readonly currency: string
  readonly address: string
  readonly taxRatePercent: number
  readonly weekStartsOn: number
  readonly weekdays: readonly [opens: string, closes: string]
  readonly weekends: readonly [opens: string, closes: string]
  /** Prices are those of the first location times this, so that amounts look right in their currency. */
  readonly priceFactor: number
}

export const demoLocations: readonly DemoLocation[] = [
  {
    name: 'Harbour',
    timeZone: 'Europe/London',
    currency: 'GBP',
    address: '12 Wapping Wall, London E1W 3SG',
    taxRatePercent: 20,
    weekStartsOn: 1,
    weekdays: ['07:00', '22:00'],
    weekends: ['08:00', '20:00'],
    priceFactor: 1,
  },
  {
    name: 'Mitte',
    timeZone: 'Europe/Berlin',
    currency: 'EUR',
    address: 'Torstraße 140, 10119 Berlin',
    taxRatePercent: 19,
    weekStartsOn: 1,
    weekdays: ['07:00', '22:00'],
    weekends: ['08:00', '20:00'],
    priceFactor: 1.1,
  },
  {
    name: 'Loop',
    timeZone: 'America/Chicago',
    currency: 'USD',
    address: '222 W Adams St, Chicago, IL 60606',
    taxRatePercent: 10.25,
    weekStartsOn: 7,
    weekdays: ['06:00', '21:00'],
    weekends: ['08:00', '20:00'],
    priceFactor: 1.25,
  },
]

export type DemoKind = 'desk' | 'room' | 'office' | 'equipment'

export interface DemoSpace {
  readonly name: string
  readonly kind: DemoKind
  readonly capacity: number
  readonly units: number
  readonly floor: string
  readonly amenities: readonly string[]
  /** Minutes kept free after each booking, to clean or to carry things back. */
  readonly bufferAfterMinutes?: number
}

const desk = (number: number): DemoSpace => ({
  name: `Desk ${number}`,
  kind: 'desk',
  capacity: 1,
  units: 1,
  floor: number < 5 ? '1' : '2',
  amenities: number % 2 === 0 ? ['monitor', 'standing'] : ['monitor', 'window'],
})

/** What each location has: sixteen spaces of every kind, two of them pools. */
export const demoSpaces: readonly DemoSpace[] = [
  ...[1, 2, 3, 4, 5, 6, 7].map(desk),
  { name: 'Hot desks', kind: 'desk', capacity: 1, units: 12, floor: '1', amenities: ['shared'] },
  { name: 'Quay', kind: 'room', capacity: 4, units: 1, floor: '1', amenities: ['screen', 'whiteboard'] },
  { name: 'Pier', kind: 'room', capacity: 8, units: 1, floor: '2', amenities: ['screen', 'video'] },
  { name: 'Dock', kind: 'room', capacity: 14, units: 1, floor: '2', amenities: ['screen', 'video', 'whiteboard'], bufferAfterMinutes: 15 },
  { name: 'Phone booths', kind: 'room', capacity: 1, units: 4, floor: '1', amenities: ['quiet'] },
  { name: 'Studio', kind: 'office', capacity: 6, units: 1, floor: '3', amenities: ['lockable', 'whiteboard'] },
  { name: 'Loft', kind: 'office', capacity: 10, units: 1, floor: '3', amenities: ['lockable', 'kitchen'] },
  { name: 'Projector', kind: 'equipment', capacity: 1, units: 2, floor: '1', amenities: ['portable'] },
  { name: 'Podcast kit', kind: 'equipment', capacity: 1, units: 1, floor: '1', amenities: ['microphones'] },
]

/** Rules by kind; desks and equipment may be booked at short notice, offices are a longer affair. */
export const demoPolicies: Readonly<Record<DemoKind, object>> = {
  desk: {
    minMinutes: 30,
    maxMinutes: 720,
    gridMinutes: 15,
    advanceDays: 90,
    cancellation: [
      { noticeHours: 2, refundPercent: 100 },
      { noticeHours: 0, refundPercent: 50 },
    ],
  },
  room: {
    minMinutes: 15,
    maxMinutes: 480,
    gridMinutes: 15,
    advanceDays: 90,
    cancellation: [
      { noticeHours: 24, refundPercent: 100 },
      { noticeHours: 2, refundPercent: 50 },
    ],
  },
  office: {
    minMinutes: 60,
    maxMinutes: 720,
    gridMinutes: 30,
    advanceDays: 180,
    cancellation: [
      { noticeHours: 72, refundPercent: 100 },
      { noticeHours: 24, refundPercent: 50 },
    ],
  },
  equipment: { minMinutes: 15, maxMinutes: 480, gridMinutes: 15, advanceDays: 30 },
}

/** Net prices of one location, in its currency's minor unit; the last rule prices whatever kind may come. */
export function toPriceBook(location: DemoLocation): object {
  const amount = (minor: number) => Math.round((minor * location.priceFactor) / 10) * 10
  return {
    name: `${location.name} prices`,
    currency: location.currency,
    rules: [
      { kind: 'desk', unit: 'hour', amountMinor: amount(400), creditsPerUnit: 1 },
      { kind: 'room', unit: 'hour', amountMinor: amount(2500), creditsPerUnit: 4 },
      { kind: 'office', unit: 'hour', amountMinor: amount(6000), creditsPerUnit: 10 },
      { kind: 'equipment', unit: 'booking', amountMinor: amount(500), creditsPerUnit: 1 },
      { unit: 'hour', amountMinor: amount(400), creditsPerUnit: 1 },
    ],
    dayCapMinor: amount(30_000),
  }
}
