import { randomFillSync } from 'node:crypto'

// Random bytes are drawn in batches: a draw is a system call, and ids are made several times a request.
const pool = Buffer.allocUnsafe(8192)
let used = pool.length

function drawRandom(bytes: number): number {
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const start = used
  used += bytes
  return start
}

let lastMs = 0
let sequence = 0

/**
 * A new UUIDv7 (RFC 9562): real time in milliseconds, then a 12-bit counter that begins at random in each millisecond's lower half
 * (section 6.2, method 1), then 62 random bits. Ids of one process sort by creation, also when the clock steps back.
 */
export function newId(): string {
  const now = Date.now()
  const start = drawRandom(10)
  if (now > lastMs) {
    lastMs = now
    sequence = pool.readUInt16BE(start) & 0x7ff
  } else {
    sequence += 1
    if (sequence > 0xfff) {
      sequence = 0
      lastMs += 1
    }
  }
  const time = lastMs.toString(16).padStart(12, '0')
  const counter = sequence.toString(16).padStart(3, '0')
  pool[start + 2] = (pool[start + 2]! & 0x3f) | 0x80
  const random = pool.toString('hex', start + 2, start + 10)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${random.slice(0, 4)}-${random.slice(4)}`
}

/** A new W3C `traceparent`, not sampled: ids for the log. Whoever records a trace begins it with a span and has that span's. */
export function newTraceparent(): string {
  const start = drawRandom(24)
  return `00-${pool.toString('hex', start, start + 16)}-${pool.toString('hex', start + 16, start + 24)}-00`
}

const traceparentForm = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** Whether a header value is a usable W3C `traceparent` of version 00. */
export function isTraceparent(value: unknown): value is string {
  return typeof value === 'string' && value.length === 55 && traceparentForm.test(value)
}

const requestIdForm = /^[A-Za-z0-9._~-]{1,128}$/

/** Whether a client's `X-Request-Id` may be kept: it is written to logs, so only unreserved characters. */
export function isRequestId(value: unknown): value is string {
  return typeof value === 'string' && requestIdForm.test(value)
}
