import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'

/** A new UUIDv7 (RFC 9562): ids sort by creation. */
export function newId(): string {
  return v7()
}

const pool = Buffer.allocUnsafe(24 * 128)
let used = pool.length

/** A new W3C `traceparent`, sampled; random bytes are drawn in batches because one is made per request. */
export function newTraceparent(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const trace = pool.toString('hex', used, used + 16)
  const span = pool.toString('hex', used + 16, used + 24)
  used += 24
  return `00-${trace}-${span}-01`
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
