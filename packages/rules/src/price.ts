import { hourMs, type Interval } from './interval.ts'
import { roundHalfUp, taxOn } from './money.ts'
import { describeRule, matchRule, type PriceBook, type PriceRule, type SpaceKind } from './price-book.ts'
import { dayMs, segmentAt, weekdayOf } from './zone.ts'

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
  /** null: some minute's rule names no credits, so it cannot be paid with credits. */
  readonly totalCredits: number | null
}

const unitMs = { hour: hourMs, day: dayMs }

/** Milliseconds by rule on one local day. */
type DayUse = Map<PriceRule, number>

/**
 * What an interval costs. Each minute is paid by the first rule that matches it in local time; hour and day rules charge
 * pro rata (a day is 24 hours on every date), a booking rule once however many minutes it pays. One line a rule, rounded
 * half up each. Where the hour and day charges of a local day come to more than `dayCapMinor`, that day costs the cap
 * instead and stands in the cap's line; credits are not capped. Tax is taken once, on the sum of the lines.
 *
 * The interval must be measurable (see `isMeasurable`) and is read in whole seconds. Throws when no rule matches a minute,
 * which `checkPriceRules` excludes.
 */
export function priceInterval(input: PriceInput): Price {
  const { priceBook } = input
  if (!priceBook) return { lines: [], netMinor: 0, taxMinor: 0, totalMinor: 0, totalCredits: 0 }
  const days = measureDays(input, priceBook)
  const used = new Set<PriceRule>()
  const charged: DayUse = new Map()
  const total: DayUse = new Map()
  let cappedDays = 0
  for (const day of days) {
    const isCapped = priceBook.dayCapMinor !== undefined && isOverCap(day, priceBook.dayCapMinor)
    if (isCapped) cappedDays++
    for (const [rule, ms] of day) {
      used.add(rule)
      total.set(rule, (total.get(rule) ?? 0) + ms)
      if (!isCapped || rule.unit === 'booking') charged.set(rule, (charged.get(rule) ?? 0) + ms)
    }
  }
  const lines = priceBook.rules.filter((rule) => charged.has(rule)).map((rule) => toLine(rule, charged.get(rule)!))
  if (cappedDays > 0) lines.push(toCapLine(priceBook.dayCapMinor!, cappedDays))
  const netMinor = lines.reduce((sum, line) => sum + line.amountMinor, 0)
  const taxMinor = taxOn(netMinor, input.taxRatePercent)
  return { lines, netMinor, taxMinor, totalMinor: netMinor + taxMinor, totalCredits: countCredits(used, total) }
}

/** Walks the interval from one change (of the matching rule, the local day, the offset) to the next. */
function measureDays({ interval, timeZone, kind, planId }: PriceInput, priceBook: PriceBook): DayUse[] {
  const days: DayUse[] = []
  const end = Math.floor(interval.endsAt / 1000) * 1000
  let lastDay: number | undefined
  for (let at = Math.floor(interval.startsAt / 1000) * 1000; at < end;) {
    const segment = segmentAt(timeZone, at)
    const local = at + segment.offsetMs
    const day = Math.floor(local / dayMs)
    const match = matchRule(priceBook, { kind, planId, weekday: weekdayOf(day), msOfDay: local - day * dayMs })
    if (!match) throw new Error('no rule of the price book matches a minute of the interval')
    const until = Math.min(end, segment.until, day * dayMs + match.untilMs - segment.offsetMs)
    if (day !== lastDay) days.push(new Map())
    lastDay = day
    const use = days.at(-1)!
    use.set(match.rule, (use.get(match.rule) ?? 0) + until - at)
    at = until
  }
  return days
}

function isOverCap(day: DayUse, dayCapMinor: number): boolean {
  let sum = 0n
  for (const [{ unit, amountMinor }, ms] of day) {
    if (unit !== 'booking') sum += BigInt(amountMinor) * BigInt(ms) * BigInt(dayMs / unitMs[unit])
  }
  return sum > BigInt(dayCapMinor) * BigInt(dayMs)
}

function toLine(rule: PriceRule, ms: number): PriceLine {
  const { unit, amountMinor } = rule
  const text = describeRule(rule)
  if (unit === 'booking') return { text, quantity: 1, unitAmountMinor: amountMinor, amountMinor }
  return { text, quantity: round6(ms / unitMs[unit]), unitAmountMinor: amountMinor, amountMinor: proRata(amountMinor, ms, unitMs[unit]) }
}

const toCapLine = (dayCapMinor: number, days: number): PriceLine => ({
  text: 'Most a day costs',
  quantity: days,
  unitAmountMinor: dayCapMinor,
  amountMinor: dayCapMinor * days,
})

function countCredits(used: ReadonlySet<PriceRule>, total: DayUse): number | null {
  let credits = 0
  for (const { unit, creditsPerUnit, ...rest } of used.size > 0 ? [...used].map((rule) => ({ ...rule, ms: total.get(rule)! })) : []) {
    if (creditsPerUnit === undefined) return null
    credits += unit === 'booking' ? creditsPerUnit : proRata(creditsPerUnit, rest.ms, unitMs[unit])
  }
  return credits
}

const proRata = (amount: number, ms: number, perMs: number): number => roundHalfUp(BigInt(amount) * BigInt(ms), BigInt(perMs))
/** Only shown, never reckoned with. */
const round6 = (value: number): number => Math.round(value * 1e6) / 1e6
