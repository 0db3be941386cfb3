import type { Alternative, Schedules, SpaceQuote } from '@alcove/contracts'
import { freeIntervals, fromWallTime, judgeInterval, minuteMs, toWallTime, type FreeInterval, type Interval } from '@alcove/rules'
import { formatInstant } from './instants.ts'
import type { CallScope, ClaimSource, SpaceSource, UnitClaims } from './ports.ts'

export interface SuggestDeps {
  spaces: SpaceSource
  claims: ClaimSource
  now: () => Date
}

export interface SuggestInput {
  spaceId: string
  startsAt: Date
  endsAt: Date
  quote: SpaceQuote
  attendeeCount: number
  /** A booking being changed: its own claims are in nobody's way. */
  bookingId?: string
}

export const alternativesMax = 3
/** Where the space has no grid. */
const stepMinutesDefault = 15

type Schedule = Schedules['spaces'][number]
interface Day {
  range: Interval
  timeZone: string
  open: Interval[]
}

/**
 * Up to three bookable times instead of a taken one, on the same local day in the same location: other times of the same
 * space nearest first, then other spaces of its kind at that time, then those at other times. Never fails: a dependency
 * that is down costs the suggestions, not the answer.
 */
export async function suggestAlternatives(deps: SuggestDeps, input: SuggestInput, scope: CallScope): Promise<Alternative[]> {
  try {
    return await suggest(deps, input, scope)
  } catch {
    return []
  }
}

async function suggest(deps: SuggestDeps, input: SuggestInput, scope: CallScope): Promise<Alternative[]> {
  const { quote } = input
  const range = localDay(quote.location.timeZone, input.startsAt.getTime())
  const ask = { from: new Date(range.startsAt), to: new Date(range.endsAt) }
  const own = await deps.spaces.listSchedules({ ...ask, spaceIds: [input.spaceId] }, scope)
  const found = await timesOf(deps, input, { range, schedules: own })
  const times = found.flatMap(({ space, starts }) => starts.map((start) => toAlternative(space.id, start, input)))
  if (times.length >= alternativesMax) return times.slice(0, alternativesMax)
  const { kind } = quote.space
  const wide = await deps.spaces.listSchedules({ ...ask, locationId: quote.location.id, kind, capacityMin: input.attendeeCount }, scope)
  const others = await timesOf(deps, input, { range, schedules: { ...wide, spaces: wide.spaces.filter(({ id }) => id !== input.spaceId) } })
  const same = input.startsAt.getTime()
  const candidates = [
    ...others.filter(({ starts }) => starts.includes(same)).map(({ space }) => ({ spaceId: space.id, start: same })),
    ...others
      .flatMap(({ space, starts }) => starts.filter((start) => start !== same).map((start) => ({ spaceId: space.id, start })))
      .sort((a, b) => Math.abs(a.start - same) - Math.abs(b.start - same)),
  ]
  return [...times, ...candidates.map(({ spaceId, start }) => toAlternative(spaceId, start, input))].slice(0, alternativesMax)
}

function localDay(timeZone: string, instant: number): Interval {
  const { day } = toWallTime(timeZone, instant)
  return { startsAt: fromWallTime(timeZone, day, 0), endsAt: fromWallTime(timeZone, day + 1, 0) }
}

/** For each space the starts of the day at which the wished length is free and allowed, nearest to the wish first. */
async function timesOf(deps: SuggestDeps, input: SuggestInput, { range, schedules }: { range: Interval; schedules: Schedules }) {
  const zones = new Map(schedules.locations.map((location) => [location.id, location]))
  const units = schedules.spaces.flatMap(({ unitIds }) => unitIds)
  // Buffers and a booking that begins late reach past the day.
  const around = { from: new Date(range.startsAt - marginMs), to: new Date(range.endsAt + marginMs + lengthOf(input)) }
  const claims = await deps.claims.listOfUnits(units, around, deps.now())
  let next = 0
  return schedules.spaces.map((space) => {
    const ofSpace = claims.slice(next, (next += space.unitIds.length))
    const location = zones.get(space.locationId)
    const day = { range, timeZone: location?.timeZone ?? 'UTC', open: (location?.open ?? []).map(toInterval) }
    return { space, starts: startsIn(freeOf(space, day, ofSpace), { space, day, input, now: deps.now() }) }
  })
}

const marginMs = 24 * 60 * minuteMs
const toInterval = ({ startsAt, endsAt }: { startsAt: string; endsAt: string }): Interval => ({ startsAt: Date.parse(startsAt), endsAt: Date.parse(endsAt) })
const lengthOf = (input: SuggestInput) => input.endsAt.getTime() - input.startsAt.getTime()

function freeOf(space: Schedule, day: Day, claims: UnitClaims): FreeInterval[] {
  return freeIntervals({
    open: day.open,
    closed: space.closed.map(toInterval),
    claims,
    bufferBeforeMinutes: space.bufferBeforeMinutes,
    bufferAfterMinutes: space.bufferAfterMinutes,
    gridMinutes: space.gridMinutes,
    timeZone: day.timeZone,
  })
}

function startsIn(free: readonly FreeInterval[], of: { space: Schedule; day: Day; input: SuggestInput; now: Date }): number[] {
  const { space, day, input, now } = of
  const length = lengthOf(input)
  const wish = input.startsAt.getTime()
  const stepMs = (space.gridMinutes ?? stepMinutesDefault) * minuteMs
  const starts = new Set<number>()
  for (const gap of free) {
    const last = Math.min(gap.endsAt - length, day.range.endsAt - 1)
    const first = Math.max(gap.startsAt, day.range.startsAt, now.getTime())
    // The gap's own edges join neighbours; the wish itself is the best of another space.
    for (const start of [gap.startsAt, wish, gap.endsAt - length]) if (start >= first && start <= last) starts.add(start)
    const origin = fromWallTime(day.timeZone, toWallTime(day.timeZone, first).day, 0)
    for (let start = origin + Math.ceil((first - origin) / stepMs) * stepMs; start <= last; start += stepMs) starts.add(start)
  }
  return [...starts].filter((start) => isAllowed(start, of, length)).sort((a, b) => Math.abs(a - wish) - Math.abs(b - wish))
}

/** By the policy of the space itself; hours and closures are in the free intervals already. */
function isAllowed(start: number, { space, input, now, day }: { space: Schedule; input: SuggestInput; now: Date; day: Day }, length: number): boolean {
  const { gridMinutes, minMinutes, maxMinutes, leadMinutes, advanceDays } = space
  const broken = judgeInterval({
    interval: { startsAt: start, endsAt: start + length },
    at: now.getTime(),
    timeZone: day.timeZone,
    policy: { gridMinutes: gridMinutes ?? undefined, minMinutes, maxMinutes, leadMinutes, advanceDays },
    hours: { weekly: [], exceptions: [] },
    closures: [],
    capacity: input.attendeeCount,
    isBookable: true,
  })
  return broken.length === 0
}

function toAlternative(spaceId: string, start: number, input: SuggestInput): Alternative {
  return { spaceId, startsAt: formatInstant(new Date(start)), endsAt: formatInstant(new Date(start + lengthOf(input))) }
}
