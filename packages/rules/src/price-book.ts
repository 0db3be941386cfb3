import type { Issue } from './hours.ts'
import { minuteMs } from './interval.ts'
import { parseTime } from './zone.ts'

export const spaceKinds = ['desk', 'room', 'office', 'equipment'] as const
export type SpaceKind = (typeof spaceKinds)[number]

/** One rule of a price book. Absent conditions match everything; `to` at or before `from` reaches over midnight. */
export interface PriceRule {
  readonly unit: 'hour' | 'day' | 'booking'
  readonly amountMinor: number
  /** 1 Monday to 7 Sunday: the local day on which the rule's time begins. Friday 22:00-02:00 is the night that begins on Friday. */
  readonly weekdays?: readonly number[]
  readonly from?: string
  readonly to?: string
  readonly planId?: string
  readonly kind?: SpaceKind
  readonly creditsPerUnit?: number
}

export interface PriceBook {
  readonly rules: readonly PriceRule[]
  readonly dayCapMinor?: number
}

/** A minute that wants a price. `weekday` is that of the minute itself. */
export interface PriceMoment {
  readonly kind: SpaceKind
  readonly planId?: string | null
  readonly weekday: number
  readonly msOfDay: number
}

interface Compiled {
  readonly rules: readonly { rule: PriceRule; weekdays: ReadonlySet<number> | undefined; from: number; to: number }[]
  /** Milliseconds of the day at which some rule begins or ends, ascending, the last is midnight. */
  readonly changes: readonly number[]
}

const dayMinutes = 1440
const compiled = new WeakMap<readonly PriceRule[], Compiled>()

function compileRules(rules: readonly PriceRule[]): Compiled {
  let result = compiled.get(rules)
  if (!result) {
    const read = rules.map((rule) => ({
      rule,
      weekdays: rule.weekdays && new Set(rule.weekdays),
      from: parseTime(rule.from ?? '00:00')! * minuteMs,
      to: parseTime(rule.to ?? '24:00')! * minuteMs,
    }))
    const changes = [...new Set([...read.flatMap(({ from, to }) => [from, to]), dayMinutes * minuteMs])].filter((ms) => ms > 0).sort((a, b) => a - b)
    compiled.set(rules, (result = { rules: read, changes }))
  }
  return result
}

/** The first rule that matches a moment and the millisecond of its day up to which it certainly stays the first. */
export function matchRule(priceBook: PriceBook, moment: PriceMoment): { rule: PriceRule; untilMs: number } | undefined {
  const { rules, changes } = compileRules(priceBook.rules)
  for (const { rule, weekdays, from, to } of rules) {
    if (rule.kind !== undefined && rule.kind !== moment.kind) continue
    if (rule.planId !== undefined && rule.planId !== moment.planId) continue
    const isNight = to <= from
    const isAfterMidnight = isNight && moment.msOfDay < to
    const isInside = isAfterMidnight || (from <= moment.msOfDay && (isNight || moment.msOfDay < to))
    // As opening hours do: what is after midnight belongs to the night that began the day before.
    const begunOn = isAfterMidnight ? dayBefore(moment.weekday) : moment.weekday
    if (isInside && (!weekdays || weekdays.has(begunOn))) return { rule, untilMs: changes.find((ms) => ms > moment.msOfDay)! }
  }
  return undefined
}

const dayBefore = (weekday: number): number => (weekday === 1 ? 7 : weekday - 1)

const weekdayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const unitNames = { hour: 'Per hour', day: 'Per day', booking: 'Per booking' }

/** A rule in words for a price line: `Per hour (Mon, Tue, 08:00-18:00)`. */
export function describeRule({ unit, weekdays, from, to }: PriceRule): string {
  const conditions = [...(weekdays ?? [])].sort((a, b) => a - b).map((weekday) => weekdayNames[weekday - 1]!)
  if (from !== undefined || to !== undefined) conditions.push(`${from ?? '00:00'}-${to ?? '24:00'}`)
  return conditions.length > 0 ? `${unitNames[unit]} (${conditions.join(', ')})` : unitNames[unit]
}

/** Everything wrong with a price book's rules: times of day, and minutes of the week that no rule matches for some kind of space. */
export function checkPriceRules(rules: readonly PriceRule[]): Issue[] {
  const issues = rules.flatMap((rule, index) => checkRule(rule, `/rules/${index}`))
  return issues.length > 0 ? issues : checkCoverage(rules)
}

function checkRule(rule: PriceRule, pointer: string): Issue[] {
  const issues: Issue[] = []
  const from = rule.from === undefined ? 0 : parseTime(rule.from)
  const to = rule.to === undefined ? dayMinutes : parseTime(rule.to)
  if (from === undefined || from === dayMinutes)
    issues.push({ pointer: `${pointer}/from`, code: 'time-invalid', detail: 'from must be a time of day from 00:00 to 23:59' })
  if (to === undefined) issues.push({ pointer: `${pointer}/to`, code: 'time-invalid', detail: 'to must be a time of day from 00:00 to 24:00' })
  return issues
}

/** Whoever has no plan matches the fewest rules, so what covers them covers everybody. */
function checkCoverage(rules: readonly PriceRule[]): Issue[] {
  const times = [0, ...compileRules(rules).changes.slice(0, -1)]
  const week = spaceKinds.flatMap((kind) => weekdayNames.flatMap((_name, index) => times.map((msOfDay) => ({ kind, weekday: index + 1, msOfDay }))))
  const open = week.find((moment) => !matchRule({ rules }, moment))
  if (!open) return []
  const minute = open.msOfDay / minuteMs
  const time = [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':')
  const detail = `no rule matches a ${open.kind} on ${weekdayNames[open.weekday - 1]} at ${time} without a plan; end the list with a rule that has no conditions`
  return [{ pointer: '/rules', code: 'not-covered', detail }]
}
