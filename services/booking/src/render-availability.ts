import type { SpaceFreeTimes } from './domain/list-availability.ts'

const dayMs = 86_400_000
const zero = 0x30
const interval = Buffer.from('{"startsAt":"0000-00-00T00:00:00Z","endsAt":"0000-00-00T00:00:00Z","unitsFree":')
const startsAtPlace = interval.indexOf('0000')
const endsAtPlace = interval.lastIndexOf('0000')
const dateLength = '0000-00-00T'.length
const idLength = 36
const countDigitsMax = 10
const spaceOpen = '{"spaceId":"'
const freeOpen = '","free":['
const spaceClose = ']},'

/** What is written, and an interval as it begins: its neighbours nearly always begin and end on the same days. */
interface Page {
  readonly out: Buffer
  readonly begun: Buffer
  startDay: number
  endDay: number
}

/**
 * The answer's JSON, `{ items, nextCursor }`, written byte by byte. A day of a large location is thousands of intervals: as
 * strings and objects on their way to a serializer they cost several times the rest of the request.
 */
export function renderAvailability(items: readonly SpaceFreeTimes[], nextCursor: string | null): Buffer {
  const head = '{"items":['
  const tail = `],"nextCursor":${JSON.stringify(nextCursor)}}`
  const spaceBytes = spaceOpen.length + idLength + freeOpen.length + spaceClose.length
  const intervalBytes = interval.length + countDigitsMax + '},'.length
  let intervals = 0
  for (const { free } of items) intervals += free.length / 3
  const out = Buffer.allocUnsafe(head.length + items.length * spaceBytes + intervals * intervalBytes + tail.length)
  const page: Page = { out, begun: Buffer.from(interval), startDay: Number.NaN, endDay: Number.NaN }
  let at = out.write(head, 0, 'latin1')
  for (const { spaceId, free } of items) {
    at += out.write(spaceOpen, at, 'latin1')
    at += out.write(spaceId, at, 'latin1')
    at += out.write(freeOpen, at, 'latin1')
    at = writeFree(page, at, free)
    at += out.write(spaceClose, at, 'latin1')
  }
  if (items.length > 0) at -= 1
  at += out.write(tail, at, 'latin1')
  return out.subarray(0, at)
}

/** Answers the place after it, as all of these do. */
function writeFree(page: Page, at: number, free: readonly number[]): number {
  const { out } = page
  let place = at
  for (let i = 0; i < free.length; i += 3) {
    // Days and seconds rather than milliseconds: numbers this large would be an object each on their way into a call.
    const startDay = Math.floor(free[i]! / dayMs) | 0
    const endDay = Math.floor(free[i + 1]! / dayMs) | 0
    if (startDay !== page.startDay || endDay !== page.endDay) begin(page, startDay, endDay)
    out.set(page.begun, place)
    writeClock(out, place + startsAtPlace + dateLength, ((free[i]! - startDay * dayMs) / 1000) | 0)
    writeClock(out, place + endsAtPlace + dateLength, ((free[i + 1]! - endDay * dayMs) / 1000) | 0)
    place = writeCount(out, place + interval.length, free[i + 2]!)
    out[place] = 0x7d
    out[place + 1] = 0x2c
    place += 2
  }
  return free.length > 0 ? place - 1 : place
}

function begin(page: Page, startDay: number, endDay: number): void {
  page.begun.write(toDate(startDay), startsAtPlace, 'latin1')
  page.begun.write(toDate(endDay), endsAtPlace, 'latin1')
  page.startDay = startDay
  page.endDay = endDay
}

const toDate = (day: number): string => new Date(day * dayMs).toISOString().slice(0, dateLength)

function writeClock(out: Buffer, at: number, secondOfDay: number): void {
  const minute = Math.trunc(secondOfDay / 60)
  writePair(out, at, Math.trunc(minute / 60))
  writePair(out, at + 3, minute % 60)
  writePair(out, at + 6, secondOfDay % 60)
}

function writePair(out: Buffer, at: number, value: number): void {
  const tens = Math.trunc(value / 10)
  out[at] = zero + tens
  out[at + 1] = zero + value - tens * 10
}

function writeCount(out: Buffer, at: number, count: number): number {
  if (count >= 10) return at + out.write(String(count), at, 'latin1')
  out[at] = zero + count
  return at + 1
}
