import { randomFillSync } from 'node:crypto'

// Random digits are drawn in batches: a draw is a system call and a conversion one out of JavaScript, and ids are made several times a request.
const pool = Buffer.allocUnsafe(4096)
let digits = ''
let used = 0

/** So many random hexadecimal digits. */
function drawHex(count: number): string {
  if (used + count > digits.length) {
    digits = randomFillSync(pool).toString('hex')
    used = 0
  }
  used += count
  return digits.slice(used - count, used)
}

let lastMs = 0
let sequence = 0

/**
 * A new UUIDv7 (RFC 9562): real time in milliseconds, then a 12-bit counter that begins at random in each millisecond's lower half
 * (section 6.2, method 1), then 62 random bits. Ids of one process sort by creation, also when the clock steps back.
 */
export function newId(): string {
  const now = Date.now()
  if (now > lastMs) {
    lastMs = now
    sequence = parseInt(drawHex(3), 16) & 0x7ff
  } else {
    sequence += 1
    if (sequence > 0xfff) {
      sequence = 0
      lastMs += 1
    }
  }
  const time = lastMs.toString(16).padStart(12, '0')
  const counter = sequence.toString(16).padStart(3, '0')
  // The variant's two bits, then two random ones.
  const variant = '89ab'[parseInt(drawHex(1), 16) & 3]
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${variant}${drawHex(3)}-${drawHex(12)}`
}

/** A new W3C `traceparent`, not sampled: ids for the log. Whoever records a trace begins it with a span and has that span's. */
export function newTraceparent(): string {
  return `00-${drawHex(32)}-${drawHex(16)}-00`
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
