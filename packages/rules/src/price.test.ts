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
  })!
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

  it('has no price where no rule matches a minute', () => {
    const interval = { startsAt: ms('2027-01-04T07:00:00Z'), endsAt: ms('2027-01-04T09:00:00Z') }
    const priceBook = { rules: [hourly(1, { from: '08:00', to: '18:00' })] }
    expect(priceInterval({ interval, timeZone: 'Europe/London', priceBook, kind: 'desk', taxRatePercent: 0 })).toBeUndefined()
  })

  it('counts a night among the weekday on which it begins, as opening hours do', () => {
    const friday = [hourly(500, { weekdays: [5], from: '22:00', to: '02:00' }), hourly(100)]
    // Friday 21:00 to Saturday 03:00, Thursday 23:00 to Friday 02:00, Saturday 23:00 to Sunday 02:00.
    expect(price('2027-01-08T21:00:00Z', '2027-01-09T03:00:00Z', friday).netMinor).toBe(100 + 4 * 500 + 100)
    expect(price('2027-01-07T23:00:00Z', '2027-01-08T02:00:00Z', friday).netMinor).toBe(300)
    expect(price('2027-01-09T23:00:00Z', '2027-01-10T02:00:00Z', friday).netMinor).toBe(300)
    // Sunday's night ends on Monday.
    const sunday = [hourly(500, { weekdays: [7], from: '22:00', to: '02:00' }), hourly(100)]
    expect(price('2027-01-10T23:00:00Z', '2027-01-11T03:00:00Z', sunday).netMinor).toBe(3 * 500 + 100)
    // 24 hours from Friday 18:00.
    const whole = [hourly(500, { weekdays: [5], from: '18:00', to: '18:00' }), hourly(100)]
    expect(price('2027-01-08T17:00:00Z', '2027-01-09T19:00:00Z', whole).netMinor).toBe(100 + 24 * 500 + 100)
  })

  it('takes a rule over midnight', () => {
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

  it('charges a local calendar day as one day, also of 23 and 25 hours', () => {
    const daily: PriceRule[] = [{ unit: 'day', amountMinor: 2_300, creditsPerUnit: 10 }]
    expect(price('2027-03-28T00:00:00Z', '2027-03-28T23:00:00Z', daily)).toMatchObject({ netMinor: 2_300, totalCredits: 10, lines: [{ quantity: 1 }] })
    expect(price('2027-10-30T23:00:00Z', '2027-11-01T00:00:00Z', daily)).toMatchObject({ netMinor: 2_300, totalCredits: 10, lines: [{ quantity: 1 }] })
    expect(price('2027-03-28T00:00:00Z', '2027-03-28T01:00:00Z', daily).netMinor).toBe(100)
    // Just the cap, on every kind of day.
    for (const [from, to] of [
      ['2027-03-28T00:00:00Z', '2027-03-28T23:00:00Z'],
      ['2027-10-30T23:00:00Z', '2027-11-01T00:00:00Z'],
    ] as const) {
      expect(price(from, to, daily, { dayCapMinor: 2_300 }).lines[0]!.text).toBe('Per day')
      expect(price(from, to, daily, { dayCapMinor: 2_299 }).netMinor).toBe(2_299)
    }
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

  it('costs at least one credit where it costs money, and rounds the sum of credits up once', () => {
    const hour = (creditsPerUnit: number) => [hourly(1_000, { creditsPerUnit })]
    expect(price('2027-01-04T08:00:00Z', '2027-01-04T08:15:00Z', hour(1)).totalCredits).toBe(1)
    expect(price('2027-01-04T08:00:00Z', '2027-01-04T09:15:00Z', hour(1)).totalCredits).toBe(2)
    expect(price('2027-01-04T08:00:00Z', '2027-01-04T10:00:00Z', hour(1)).totalCredits).toBe(2)
    expect(price('2027-01-04T08:00:00Z', '2027-01-04T09:00:00Z', hour(0)).totalCredits).toBe(1)
    // Two halves of different rules are one credit.
    const parted = [hourly(1_000, { to: '08:30', creditsPerUnit: 1 }), hourly(2_000, { creditsPerUnit: 1 })]
    expect(price('2027-01-04T08:00:00Z', '2027-01-04T09:00:00Z', parted).totalCredits).toBe(1)
  })

  it('costs no credits where it costs no money: a free plan, a cap of nothing', () => {
    const rules = [hourly(0, { planId: 'gold', creditsPerUnit: 3 }), hourly(1_000, { creditsPerUnit: 3 })]
    const hour = ['2027-01-04T10:00:00Z', '2027-01-04T11:00:00Z'] as const
    expect(price(...hour, rules, { planId: 'gold' }).totalCredits).toBe(0)
    expect(price(...hour, rules, { dayCapMinor: 0 }).totalCredits).toBe(0)
    expect(price(...hour, rules).totalCredits).toBe(3)
  })

  it('never costs fewer credits for longer, nor less than its exact worth or a whole credit more', () => {
    const minutes = fc.integer({ min: 1, max: 3_000 })
    fc.assert(
      fc.property(minutes, minutes, fc.integer({ min: 1, max: 12 }), fc.constantFrom('hour', 'day'), (shorter, more, creditsPerUnit, unit) => {
        const from = '2027-01-04T08:00:00Z'
        const credits = (length: number) =>
          price(from, new Date(ms(from) + length * 60_000).toISOString(), [{ unit, amountMinor: 60_000, creditsPerUnit }]).totalCredits!
        const exact = (shorter * creditsPerUnit) / (unit === 'hour' ? 60 : 1_440)
        expect(credits(shorter)).toBeGreaterThanOrEqual(Math.max(1, exact - 1e-9))
        expect(credits(shorter)).toBeLessThan(exact + 1)
        expect(credits(shorter + more)).toBeGreaterThanOrEqual(credits(shorter))
      }),
    )
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
        creditsPerUnit: fc.integer({ min: 0, max: 20 }),
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
          const result = priceInterval({ interval, timeZone: zone!, priceBook: { rules, dayCapMinor }, kind: 'desk', taxRatePercent: 0 })!
          const counted = countByMinute(rules, interval, zone!, dayCapMinor)
          expect({ net: result.netMinor, credits: result.totalCredits }).toEqual(counted)
          expect(result.netMinor).toBe(result.lines.reduce((sum, line) => sum + line.amountMinor, 0))
        },
      ),
      { numRuns: 300 },
    )
  })
})

/** The same promise read minute by minute, in whole parts of a unit that every length of a day divides. */
function countByMinute(rules: readonly PriceRule[], interval: { startsAt: number; endsAt: number }, zone: string, cap: number | undefined) {
  const days = new Map<number, Map<number, number>>()
  for (let at = interval.startsAt; at < interval.endsAt; at += 60_000) {
    const wall = toWallTime(zone, at)
    const index = rules.findIndex((rule) => (rule.kind ?? 'desk') === 'desk' && isAt(rule, { minute: wall.msOfDay / 60_000, weekday: weekdayOf(wall.day) }))
    const day = days.get(wall.day) ?? days.set(wall.day, new Map()).get(wall.day)!
    day.set(index, (day.get(index) ?? 0) + 1)
  }
  const charged = new Map<number, bigint>()
  const used = new Map<number, bigint>()
  let net = 0
  for (const [number, day] of days) {
    const parts = (index: number, minutes: number) =>
      BigInt(minutes) * (rules[index]!.unit === 'hour' ? whole / 60n : whole / BigInt(countMinutesOf(number, zone)))
    const cost = [...day].reduce((sum, [index, minutes]) => {
      return rules[index]!.unit === 'booking' ? sum : sum + BigInt(rules[index]!.amountMinor) * parts(index, minutes)
    }, 0n)
    const isCapped = cap !== undefined && cost > BigInt(cap) * whole
    if (isCapped) net += cap
    for (const [index, minutes] of day) {
      const isOnce = rules[index]!.unit === 'booking'
      for (const map of isCapped && !isOnce ? [used] : [used, charged]) map.set(index, isOnce ? whole : (map.get(index) ?? 0n) + parts(index, minutes))
    }
  }
  for (const [index, parts] of charged) net += Number((2n * BigInt(rules[index]!.amountMinor) * parts + whole) / (2n * whole))
  return { net, credits: countCredits(rules, used, net) }
}

function countCredits(rules: readonly PriceRule[], used: ReadonlyMap<number, bigint>, net: number): number | null {
  if ([...used.keys()].some((index) => rules[index]!.creditsPerUnit === undefined)) return null
  const sum = [...used].reduce((total, [index, parts]) => total + BigInt(rules[index]!.creditsPerUnit!) * parts, 0n)
  return net === 0 ? 0 : Math.max(1, Number((sum + whole - 1n) / whole))
}

// Days here have 23, 23.5, 24, 24.5 or 25 hours.
const whole = [60n, 23n * 60n, 47n * 30n, 24n * 60n, 49n * 30n, 25n * 60n].reduce((product, length) => product * length, 1n)

/** Minutes whose clock shows that day. */
function countMinutesOf(day: number, zone: string): number {
  let minutes = 0
  for (let at = (day - 1) * 86_400_000; at < (day + 2) * 86_400_000; at += 60_000) if (toWallTime(zone, at).day === day) minutes++
  return minutes
}

/** Whether a minute lies in the rule's time, whose part after midnight belongs to the day before. */
function isAt(rule: PriceRule, { minute, weekday }: { minute: number; weekday: number }): boolean {
  const from = toMinute(rule.from ?? '00:00')
  const to = toMinute(rule.to ?? '24:00')
  const isOn = (day: number) => !rule.weekdays || rule.weekdays.includes(day === 0 ? 7 : day)
  if (from < to) return minute >= from && minute < to && isOn(weekday)
  return (minute >= from && isOn(weekday)) || (minute < to && isOn(weekday - 1))
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

  it('reads a night with the weekday on which it begins: nights of Monday to Friday leave Monday’s small hours to Sunday', () => {
    const week = [hourly(1, { weekdays: [1, 2, 3, 4, 5], from: '06:00', to: '22:00' }), hourly(1, { weekdays: [1, 2, 3, 4, 5], from: '22:00', to: '06:00' })]
    const weekend = hourly(1, { weekdays: [6, 7] })
    expect(checkPriceRules([...week, weekend])[0]!.detail).toContain('on Mon at 00:00')
    expect(checkPriceRules([...week, weekend, hourly(1, { weekdays: [7], from: '22:00', to: '06:00' })])).toEqual([])
  })

  it('names times that are none', () => {
    expect(checkPriceRules([hourly(1, { from: '24:00', to: '25:00' })]).map(({ pointer }) => pointer)).toEqual(['/rules/0/from', '/rules/0/to'])
  })
})
