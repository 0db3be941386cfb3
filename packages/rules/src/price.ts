import { hourMs, type Interval } from './interval.ts'
import { addFractions, type Fraction, roundHalfUp, roundUp, taxOn } from './money.ts'
import { describeRule, matchRule, type PriceBook, type PriceRule, type SpaceKind } from './price-book.ts'
import { dayMs, fromWallTime, segmentAt, weekdayOf } from './zone.ts'

export interface PriceInput {
  readonly interval: Interval
  readonly timeZone: string
  /** Absent: free. */
  readonly priceBook?: PriceBook
  readonly kind: SpaceKind
  readonly planId?: string | null
  readonly taxRatePercent: number
}

export interface PriceLine {
  readonly text: string
  /** Hours, days or bookings. */
  readonly quantity: number
  readonly unitAmountMinor: number
  readonly amountMinor: number
}

export interface Price {
  readonly lines: readonly PriceLine[]
  readonly netMinor: number
  readonly taxMinor: number
  readonly totalMinor: number
  /** null: some minute's rule names no credits, so it cannot be paid with credits. At least 1 of what costs money, 0 of what costs none. */
  readonly totalCredits: number | null
}

/** One local day of the interval: how long the day is by the clock, and its milliseconds by rule. */
interface DayUse {
  readonly lengthMs: number
  readonly use: Map<PriceRule, number>
}

/** What of each rule is used, in its units (hours, days, bookings), exactly. */
type RuleUse = Map<PriceRule, Fraction>

/**
 * What an interval costs; undefined where no rule matches some minute of it (`checkPriceRules` refuses such a price book).
 *
 * Each minute is paid by the first rule that matches it in local time; hour and day rules charge pro rata (a local calendar
 * day is one day, also of 23 or 25 hours), a booking rule once however many minutes it pays. One line a rule, rounded half up
 * each. Where the hour and day charges of a local day come to more than `dayCapMinor`, that day costs the cap instead and
 * stands in the cap's line. Tax is taken once, on the sum of the lines. Credits are not capped, and their sum is rounded up.
 *
 * The interval must be measurable (see `isMeasurable`) and is read in whole seconds.
 */
export function priceInterval(input: PriceInput): Price | undefined {
  const { priceBook } = input
  if (!priceBook) return { lines: [], netMinor: 0, taxMinor: 0, totalMinor: 0, totalCredits: 0 }
  const days = measureDays(input, priceBook)
  if (!days) return undefined
  const charged: RuleUse = new Map()
  const total: RuleUse = new Map()
  let cappedDays = 0
  for (const day of days) {
    const isCapped = priceBook.dayCapMinor !== undefined && isOverCap(day, priceBook.dayCapMinor)
    if (isCapped) cappedDays++
    for (const [rule, ms] of day.use) {
      addUse(total, rule, { ms, lengthMs: day.lengthMs })
      if (!isCapped || rule.unit === 'booking') addUse(charged, rule, { ms, lengthMs: day.lengthMs })
    }
  }
  const lines = priceBook.rules.flatMap((rule) => (charged.has(rule) ? [toLine(rule, charged.get(rule)!)] : []))
  if (cappedDays > 0) lines.push(toCapLine(priceBook.dayCapMinor!, cappedDays))
  const netMinor = lines.reduce((sum, line) => sum + line.amountMinor, 0)
  const taxMinor = taxOn(netMinor, input.taxRatePercent)
  return { lines, netMinor, taxMinor, totalMinor: netMinor + taxMinor, totalCredits: countCredits(total, netMinor) }
}

/** Walks the interval from one change (of the matching rule, the local day, the offset) to the next. */
function measureDays({ interval, timeZone, kind, planId }: PriceInput, priceBook: PriceBook): DayUse[] | undefined {
  const days: DayUse[] = []
  const end = Math.floor(interval.endsAt / 1000) * 1000
  let lastDay: number | undefined
  for (let at = Math.floor(interval.startsAt / 1000) * 1000; at < end;) {
    const segment = segmentAt(timeZone, at)
    const local = at + segment.offsetMs
    const day = Math.floor(local / dayMs)
    const match = matchRule(priceBook, { kind, planId, weekday: weekdayOf(day), msOfDay: local - day * dayMs })
    if (!match) return undefined
    const until = Math.min(end, segment.until, day * dayMs + match.untilMs - segment.offsetMs)
    if (day !== lastDay) days.push({ lengthMs: fromWallTime(timeZone, day + 1, 0) - fromWallTime(timeZone, day, 0), use: new Map() })
    lastDay = day
    const { use } = days.at(-1)!
    use.set(match.rule, (use.get(match.rule) ?? 0) + until - at)
    at = until
  }
  return days
}

/** How much of a rule's unit these milliseconds of a day are. */
function toUnits({ unit }: PriceRule, { ms, lengthMs }: { ms: number; lengthMs: number }): Fraction {
  if (unit === 'booking') return { numerator: 1n, denominator: 1n }
  return { numerator: BigInt(ms), denominator: BigInt(unit === 'hour' ? hourMs : lengthMs) }
}

function addUse(uses: RuleUse, rule: PriceRule, part: { ms: number; lengthMs: number }): void {
  const before = uses.get(rule)
  // A booking rule charges once, on however many days.
  if (before && rule.unit === 'booking') return
  const units = toUnits(rule, part)
  uses.set(rule, before ? addFractions(before, units) : units)
}

function isOverCap({ use, lengthMs }: DayUse, dayCapMinor: number): boolean {
  let sum: Fraction = { numerator: 0n, denominator: 1n }
  for (const [rule, ms] of use) if (rule.unit !== 'booking') sum = addFractions(sum, times(toUnits(rule, { ms, lengthMs }), rule.amountMinor))
  return sum.numerator > BigInt(dayCapMinor) * sum.denominator
}

const times = ({ numerator, denominator }: Fraction, factor: number): Fraction => ({ numerator: numerator * BigInt(factor), denominator })

function toLine(rule: PriceRule, units: Fraction): PriceLine {
  const { numerator, denominator } = times(units, rule.amountMinor)
  return {
    text: describeRule(rule),
    // Only shown, never reckoned with.
    quantity: roundHalfUp(units.numerator * 1_000_000n, units.denominator) / 1e6,
    unitAmountMinor: rule.amountMinor,
    amountMinor: roundHalfUp(numerator, denominator),
  }
}

const toCapLine = (dayCapMinor: number, days: number): PriceLine => ({
  text: 'Most a day costs',
  quantity: days,
  unitAmountMinor: dayCapMinor,
  amountMinor: dayCapMinor * days,
})

/** Half a credit cannot be paid: the sum of all rules is rounded up, once. What costs money is never free, and what costs none costs no credits. */
function countCredits(total: RuleUse, netMinor: number): number | null {
  let sum: Fraction = { numerator: 0n, denominator: 1n }
  for (const [{ creditsPerUnit }, units] of total) {
    if (creditsPerUnit === undefined) return null
    sum = addFractions(sum, times(units, creditsPerUnit))
  }
  return netMinor === 0 ? 0 : Math.max(1, roundUp(sum.numerator, sum.denominator))
}
