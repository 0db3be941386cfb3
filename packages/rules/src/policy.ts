import type { BrokenRule, RuleCode } from '@alcove/contracts'
import { type Issue, openPeriods, type OpeningHours } from './hours.ts'
import { type Interval, isCovered, minuteMs, overlaps } from './interval.ts'
import { dayMs, fromWallTime, toWallTime } from './zone.ts'

/** One cancellation tier: with at least `noticeHours` before the start, `refundPercent` comes back. */
export interface CancellationTier {
  readonly noticeHours: number
  readonly refundPercent: number
}

/** A policy; an absent field is no limit, except that `advanceDays` is never more than {@link advanceDaysMax}. */
export interface Policy {
  readonly minMinutes?: number
  readonly maxMinutes?: number
  readonly gridMinutes?: number
  readonly leadMinutes?: number
  readonly advanceDays?: number
  readonly cancellation?: readonly CancellationTier[]
}

/** Nothing is booked further ahead, or for longer, than this (design, Time). */
export const advanceDaysMax = 400

export interface JudgeInput {
  readonly interval: Interval
  /** The present by the product's clock, epoch milliseconds. */
  readonly at: number
  readonly timeZone: string
  readonly policy: Policy
  readonly hours: OpeningHours
  /** Closures of the location and of the space itself. */
  readonly closures: readonly Interval[]
  /** People one unit holds. */
  readonly capacity: number
  /** People who come, the booker included. */
  readonly attendeeCount?: number
  /** False for a disabled space, or one without an active unit. */
  readonly isBookable: boolean
  /**
   * The interval lengthens a booking that has everything before this instant already. Only what is added is judged: hours and
   * closures from here on, the new end on the grid, and the whole against the longest length. Its start was judged when it was booked.
   */
  readonly addedFrom?: number
}

const rule = (code: RuleCode, detail: string): BrokenRule => ({ code, detail })

/** Whether hours and price of an interval can be worked out at all: it has a length and not an absurd one. */
export function isMeasurable(interval: Interval): boolean {
  return interval.startsAt < interval.endsAt && interval.endsAt - interval.startsAt <= advanceDaysMax * dayMs
}

/**
 * Every rule an interval breaks, all at once, in a fixed order; empty when it may be booked as far as static rules go
 * (overlap, quotas and stock are judged by whoever holds the claims).
 *
 * Buffers are not looked at: they may lie outside opening hours. The grid is counted on the wall clock from the local
 * midnight before start and end each, so a 30-minute grid means :00 and :30 on a day of 23 or 25 hours too.
 */
export function judgeInterval(input: JudgeInput): BrokenRule[] {
  const { interval, capacity, attendeeCount } = input
  const broken: BrokenRule[] = []
  const isReversed = interval.endsAt <= interval.startsAt
  if (isReversed) broken.push(rule('interval-invalid', 'The end must be after the start.'))
  if (!input.isBookable) broken.push(rule('not-bookable', 'The space cannot be booked at present.'))
  if (input.addedFrom === undefined) broken.push(...judgeNotice(input))
  if (!isReversed) broken.push(...judgeLength(input))
  if (!isOnGrid(input)) broken.push(rule('off-grid', `Start and end must lie on full steps of ${input.policy.gridMinutes} minutes in local time.`))
  if (isMeasurable(interval)) broken.push(...judgeHours(input))
  if (attendeeCount !== undefined && attendeeCount > capacity) broken.push(rule('capacity-exceeded', `The space holds at most ${capacity} people.`))
  return broken
}

/** When a booking made now may begin: at the earliest and at the latest, both included, in epoch milliseconds. */
export interface StartWindow {
  readonly earliest: number
  readonly latest: number
}

// Instants are whole seconds: a start in the second that is passing is now, not the past.
const toSecond = (at: number): number => Math.floor(at / 1000) * 1000
const toAdvanceDays = ({ advanceDays = advanceDaysMax }: Policy): number => Math.min(advanceDays, advanceDaysMax)

/**
 * The starts that lead time and advance window leave. `advanceDays` is counted on the local calendar from the present.
 * What {@link judgeInterval} refuses as `in-the-past`, `too-soon` and `too-far-ahead` lies outside, and nothing else does.
 */
export function startWindow({ at, timeZone, policy }: Pick<JudgeInput, 'at' | 'timeZone' | 'policy'>): StartWindow {
  const now = toSecond(at)
  const present = toWallTime(timeZone, now)
  const latest = fromWallTime(timeZone, present.day + toAdvanceDays(policy), present.msOfDay / minuteMs)
  return { earliest: now + (policy.leadMinutes ?? 0) * minuteMs, latest }
}

function judgeNotice(input: JudgeInput): BrokenRule[] {
  const { interval, at, policy } = input
  const { earliest, latest } = startWindow(input)
  const broken: BrokenRule[] = []
  if (interval.startsAt < toSecond(at)) broken.push(rule('in-the-past', 'The start lies in the past.'))
  if (policy.leadMinutes && interval.startsAt < earliest)
    broken.push(rule('too-soon', `It must be booked at least ${policy.leadMinutes} minutes before the start.`))
  if (interval.startsAt > latest) broken.push(rule('too-far-ahead', `It can be booked at most ${toAdvanceDays(policy)} days ahead.`))
  return broken
}

function judgeLength({ interval, policy, addedFrom }: JudgeInput): BrokenRule[] {
  const minutes = (interval.endsAt - interval.startsAt) / minuteMs
  if (policy.minMinutes && minutes < policy.minMinutes && addedFrom === undefined)
    return [rule('too-short', `It must last at least ${policy.minMinutes} minutes.`)]
  const maxMinutes = policy.maxMinutes ?? advanceDaysMax * 1440
  return minutes > maxMinutes ? [rule('too-long', `It may last at most ${maxMinutes} minutes.`)] : []
}

function judgeHours({ interval, timeZone, hours, closures, addedFrom = interval.startsAt }: JudgeInput): BrokenRule[] {
  const broken: BrokenRule[] = []
  const added = { startsAt: Math.max(interval.startsAt, addedFrom), endsAt: interval.endsAt }
  if (added.startsAt >= added.endsAt) return broken
  if (!isCovered(openPeriods({ openingHours: hours, timeZone }, added), added)) broken.push(rule('outside-opening-hours', 'It lies outside the opening hours.'))
  if (closures.some((closure) => overlaps(closure, added))) broken.push(rule('closed', 'The space is closed at that time.'))
  return broken
}

function isOnGrid({ interval, policy, timeZone, addedFrom }: JudgeInput): boolean {
  const { gridMinutes } = policy
  if (!gridMinutes) return true
  return (addedFrom === undefined ? [interval.startsAt, interval.endsAt] : [interval.endsAt]).every(
    (instant) => toWallTime(timeZone, instant).msOfDay % (gridMinutes * minuteMs) === 0,
  )
}

/** Everything wrong with a policy as a whole: limits that contradict each other, tiers that come twice. */
export function checkPolicy(policy: Policy): Issue[] {
  const issues: Issue[] = []
  if (policy.minMinutes !== undefined && policy.maxMinutes !== undefined && policy.minMinutes > policy.maxMinutes) {
    issues.push({ pointer: '/minMinutes', code: 'contradiction', detail: 'minMinutes must not be more than maxMinutes' })
  }
  const seen = new Set<number>()
  policy.cancellation?.forEach((tier, index) => {
    if (seen.has(tier.noticeHours))
      issues.push({ pointer: `/cancellation/${index}/noticeHours`, code: 'duplicate', detail: 'another tier has the same notice' })
    seen.add(tier.noticeHours)
  })
  return issues
}
