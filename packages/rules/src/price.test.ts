import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTaxRate, taxOn } from './money.ts'
import { priceInterval, type PriceInput } from './price.ts'
import { checkPriceRules, type PriceRule, spaceKinds } from './price-book.ts'
import { toWallTime, weekdayOf } from './zone.ts'

const ms = (text: string) => Date.parse(text)
const price = (startsAt: string, endsAt: string, rules: readonly PriceRule[], input: Partial<PriceInput> & { dayCapMinor?: number } = {}) =>
  priceInterval({
    interval: { startsAt: ms(startsAt), endsAt: ms(endsAt) },
    timeZone: 'Europe/London',
    priceBook: { rules, dayCapMinor: input.dayCapMinor },
    kind: 'desk',
    taxRatePercent: 0,
    ...input,
  })
const hourly = (amountMinor: number, more: Partial<PriceRule> = {}): PriceRule => ({ unit: 'hour', amountMinor, ...more })

describe('priceInterval', () => {
  it('is free without a price book', () => {
    expect(priceInterval({ interval: { startsAt: 0, endsAt: 3_600_000 }, timeZone: 'UTC', kind: 'desk', taxRatePercent: 20 })).toEqual({
      lines: [],
      netMinor: 0,
      taxMinor: 0,
      totalMinor: 0,
      totalCredits: 0,
    })
  })

  it('charges hours by the minute, rounded half up, and tax once on the sum', () => {
    const result = price('2027-01-04T10:00:00Z', '2027-01-04T11:30:00Z', [hourly(1001)], { taxRatePercent: 20 })
    expect(result.lines).toEqual([{ text: 'Per hour', quantity: 1.5, unitAmountMinor: 1001, amountMinor: 1502 }])
    expect(result).toMatchObject({ netMinor: 1502, taxMinor: 300, totalMinor: 1802 })
  })

  it('charges a day rate pro rata by the minute', () => {
    expect(price('2027-01-04T10:00:00Z', '2027-01-04T22:00:00Z', [{ unit: 'day', amountMinor: 2_001 }]).netMinor).toBe(1_001)
  })

  it('charges a booking once, however long it is', () => {
    expect(price('2027-01-04T10:00:00Z', '2027-01-06T22:00:00Z', [{ unit: 'booking', amountMinor: 500 }]).lines).toEqual([
      { text: 'Per booking', quantity: 1, unitAmountMinor: 500, amountMinor: 500 },
    ])
  })

  it('lets the first matching rule have each minute, on the wall clock', () => {
    const rules = [hourly(2_000, { weekdays: [1], from: '09:00', to: '17:00' }), hourly(1_000)]
    const result = price('2027-06-07T06:00:00Z', '2027-06-07T18:00:00Z', rules)
    expect(result.lines).toEqual([
      { text: 'Per hour (Mon, 09:00-17:00)', quantity: 8, unitAmountMinor: 2_000, amountMinor: 16_000 },
      { text: 'Per hour', quantity: 4, unitAmountMinor: 1_000, amountMinor: 4_000 },
    ])
  })

  it('takes a rule over midnight, and weekdays as those of the minute itself', () => {
    const rules = [hourly(500, { from: '22:00', to: '06:00' }), hourly(800, { weekdays: [6, 7] }), hourly(1_000)]
    // Friday 21:00 to Saturday 07:00: one hour at 1000, eight at 500, one at 800.
    expect(price('2027-01-08T21:00:00Z', '2027-01-09T07:00:00Z', rules).netMinor).toBe(1_000 + 8 * 500 + 800)
  })

  it('applies rules for a kind or a plan to that kind or plan alone', () => {
    const rules = [hourly(100, { planId: 'gold' }), hourly(300, { kind: 'room' }), hourly(1_000)]
    const hour = ['2027-01-04T10:00:00Z', '2027-01-04T11:00:00Z'] as const
    expect(price(...hour, rules).netMinor).toBe(1_000)
    expect(price(...hour, rules, { kind: 'room' }).netMinor).toBe(300)
    expect(price(...hour, rules, { kind: 'room', planId: 'gold' }).netMinor).toBe(100)
    expect(price(...hour, rules, { planId: 'silver' }).netMinor).toBe(1_000)
  })

  it('charges 23 and 25 hours on the days that have them, and the repeated hour by the clock it shows', () => {
    expect(price('2027-03-28T00:00:00Z', '2027-03-28T23:00:00Z', [hourly(100)]).netMinor).toBe(2_300)
    expect(price('2027-10-30T23:00:00Z', '2027-11-01T00:00:00Z', [hourly(100)]).netMinor).toBe(2_500)
    const rules = [hourly(600, { from: '01:00', to: '01:30' }), hourly(0)]
    expect(price('2027-10-30T23:00:00Z', '2027-10-31T06:00:00Z', rules).netMinor).toBe(600)
    expect(price('2027-03-28T00:00:00Z', '2027-03-28T06:00:00Z', rules).netMinor).toBe(0)
  })

  it('caps each local day by itself', () => {
    const result = price('2027-01-04T08:00:00Z', '2027-01-06T02:00:00Z', [hourly(1_000)], { dayCapMinor: 5_000 })
    expect(result.lines).toEqual([
      { text: 'Per hour', quantity: 2, unitAmountMinor: 1_000, amountMinor: 2_000 },
      { text: 'Most a day costs', quantity: 2, unitAmountMinor: 5_000, amountMinor: 10_000 },
    ])
    expect(price('2027-01-04T08:00:00Z', '2027-01-04T13:00:00Z', [hourly(1_000)], { dayCapMinor: 5_000 }).lines).toHaveLength(1)
  })

  it('adds up credits, and has none where a rule in use names none', () => {
    const rules = [hourly(1_000, { from: '12:00', to: '13:00' }), hourly(1_000, { creditsPerUnit: 2 })]
    expect(price('2027-01-04T08:00:00Z', '2027-01-04T09:15:00Z', rules).totalCredits).toBe(3)
    expect(price('2027-01-04T11:00:00Z', '2027-01-04T13:00:00Z', rules).totalCredits).toBeNull()
    expect(price('2027-01-04T11:00:00Z', '2027-01-05T13:00:00Z', [{ unit: 'booking', amountMinor: 1, creditsPerUnit: 7 }]).totalCredits).toBe(7)
  })

  it('is exact where doubles are not', () => {
    expect(price('2027-01-04T00:00:00Z', '2028-02-08T00:00:01Z', [hourly(999_999_999)]).netMinor).toBe(9_600_000_268_178)
  })

  it('agrees with a count of single minutes', () => {
    const time = fc.integer({ min: 0, max: 47 }).map((half) => `${String(Math.floor(half / 2)).padStart(2, '0')}:${half % 2 ? '30' : '00'}`)
    const rule = fc.record(
      {
        unit: fc.constantFrom('hour', 'day', 'booking'),
        amountMinor: fc.integer({ min: 0, max: 100_000 }),
        weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        from: time,
        to: time,
        kind: fc.constantFrom(...spaceKinds),
      },
      { requiredKeys: ['unit', 'amountMinor'] },
    ) as fc.Arbitrary<PriceRule>
    const place = fc.constantFrom(
      ['Europe/London', '2027-03-27T12:00:00Z'],
      ['Europe/London', '2027-10-30T12:00:00Z'],
      ['America/Chicago', '2027-11-06T12:00:00Z'],
      ['Australia/Lord_Howe', '2026-10-03T06:00:00Z'],
      ['Australia/Lord_Howe', '2027-04-03T06:00:00Z'],
    )
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 5 }),
        place,
        fc.integer({ min: 0, max: 1_000 }),
        fc.integer({ min: 1, max: 1_800 }),
        fc.option(fc.integer({ max: 50_000, min: 0 })),
        (some, [zone, from], after, minutes, cap) => {
          const rules: PriceRule[] = [...some, hourly(777)]
          const startsAt = ms(from!) + after * 60_000
          const interval = { startsAt, endsAt: startsAt + minutes * 60_000 }
          const dayCapMinor = cap ?? undefined
          const result = priceInterval({ interval, timeZone: zone!, priceBook: { rules, dayCapMinor }, kind: 'desk', taxRatePercent: 0 })
          expect(result.netMinor).toBe(countByMinute(rules, interval, zone!, dayCapMinor))
          expect(result.netMinor).toBe(result.lines.reduce((sum, line) => sum + line.amountMinor, 0))
        },
      ),
      { numRuns: 300 },
    )
  })
})

/** The same promise read minute by minute, in exact fractions of a day. */
function countByMinute(rules: readonly PriceRule[], interval: { startsAt: number; endsAt: number }, zone: string, cap: number | undefined): number {
  const days = new Map<number, Map<number, number>>()
  for (let at = interval.startsAt; at < interval.endsAt; at += 60_000) {
    const wall = toWallTime(zone, at)
    const minute = wall.msOfDay / 60_000
    const index = rules.findIndex((rule) => {
      const from = toMinute(rule.from ?? '00:00')
      const to = toMinute(rule.to ?? '24:00')
      const isInside = from < to ? minute >= from && minute < to : minute >= from || minute < to
      return isInside && (rule.kind ?? 'desk') === 'desk' && (rule.weekdays ?? [weekdayOf(wall.day)]).includes(weekdayOf(wall.day))
    })
    const day = days.get(wall.day) ?? days.set(wall.day, new Map()).get(wall.day)!
    day.set(index, (day.get(index) ?? 0) + 1)
  }
  const charged = new Map<number, number>()
  let net = 0
  for (const day of days.values()) {
    const cost = [...day].reduce(
      (sum, [index, minutes]) => sum + (rules[index]!.unit === 'booking' ? 0 : rules[index]!.amountMinor * minutes * (rules[index]!.unit === 'hour' ? 24 : 1)),
      0,
    )
    const isCapped = cap !== undefined && cost > cap * 1_440
    if (isCapped) net += cap
    for (const [index, minutes] of day) if (!isCapped || rules[index]!.unit === 'booking') charged.set(index, (charged.get(index) ?? 0) + minutes)
  }
  for (const [index, minutes] of charged) {
    const { unit, amountMinor } = rules[index]!
    net += unit === 'booking' ? amountMinor : Math.floor((2 * amountMinor * minutes + (unit === 'hour' ? 60 : 1_440)) / (unit === 'hour' ? 120 : 2_880))
  }
  return net
}

const toMinute = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))

describe('taxOn', () => {
  it.each([
    [1_250, 20, 250],
    [1_002, 12.5, 125],
    [1_004, 12.5, 126],
    [999, 7.7, 77],
    [1_000, 0, 0],
    [1_000, 100, 1_000],
  ])('%s at %s percent is %s', (net, rate, tax) => {
    expect(taxOn(net, rate)).toBe(tax)
  })

  it('knows rates of at most four decimals', () => {
    expect([20, 7.7, 8.375, 0.0001].every(isTaxRate)).toBe(true)
    expect(isTaxRate(1.00005)).toBe(false)
  })
})

describe('checkPriceRules', () => {
  it('wants a rule for every minute of every kind without a plan', () => {
    const uncovered: PriceRule[][] = [
      [],
      [hourly(1, { planId: 'gold' })],
      [hourly(1, { kind: 'desk' })],
      [hourly(1, { weekdays: [1, 2, 3, 4, 5, 6] })],
      [hourly(1, { from: '00:00', to: '23:59' })],
    ]
    for (const rules of uncovered) expect(checkPriceRules(rules).map(({ code }) => code)).toEqual(['not-covered'])
  })

  it('is content with a fallback, or with parts that leave nothing out', () => {
    expect(checkPriceRules([hourly(1, { kind: 'desk', weekdays: [2] }), hourly(1)])).toEqual([])
    expect(checkPriceRules([hourly(1, { from: '08:00', to: '18:00' }), hourly(1, { from: '18:00', to: '08:00' })])).toEqual([])
    expect(checkPriceRules(spaceKinds.map((kind) => hourly(1, { kind })))).toEqual([])
  })

  it('names times that are none', () => {
    expect(checkPriceRules([hourly(1, { from: '24:00', to: '25:00' })]).map(({ pointer }) => pointer)).toEqual(['/rules/0/from', '/rules/0/to'])
  })
})
