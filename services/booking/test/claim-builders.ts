import { createBookingStore } from '../src/db/booking-store.ts'
import type { By } from '../src/domain/booking.ts'
import type { BookingColumns, ClaimInput } from '../src/domain/ports.ts'
import { newId } from '@alcove/kit'
import { randomBytes } from 'node:crypto'
import type { Pool } from 'pg'

export const at = (text: string) => new Date(text)
export const now = at('2026-01-04T09:00:00Z')
export const by: By = { type: 'user', id: null, traceparent: null }
export const act = { now, by }

export interface ClaimWish {
  userId?: string
  spaceId?: string
  locationId?: string
  units?: string[]
  startsAt?: string
  endsAt?: string
  status?: 'held' | 'pending_payment' | 'confirmed'
  bufferBefore?: number
  bufferAfter?: number
  total?: number
  now?: Date
  ttlSeconds?: number
}

/** A claim call's input with only what matters said. */
export function buildClaim(wish: ClaimWish = {}): ClaimInput {
  const status = wish.status ?? 'confirmed'
  const created = wish.now ?? now
  const pays = status === 'pending_payment'
  const total = wish.total ?? (pays ? 1200 : 0)
  const attempt = { id: newId(), method: 'card' as const, token: 'tok_ok', currency: 'EUR', amountMinor: total, amountCredits: 0 }
  const units = wish.units ?? [newId()]
  const booking: BookingColumns = {
    id: newId(),
    reference: '',
    user_id: wish.userId ?? newId(),
    space_id: wish.spaceId ?? newId(),
    location_id: wish.locationId ?? newId(),
    kind: 'desk',
    space_name: 'Window',
    location_name: 'Mitte',
    time_zone: 'Europe/Berlin',
    starts_at: wish.startsAt ?? '2026-01-05T09:00:00Z',
    ends_at: wish.endsAt ?? '2026-01-05T10:00:00Z',
    buffer_before_minutes: wish.bufferBefore ?? 0,
    buffer_after_minutes: wish.bufferAfter ?? 0,
    status,
    version: status === 'held' ? 0 : 1,
    attendees: [],
    currency: 'EUR',
    net_minor: total,
    tax_minor: 0,
    total_minor: total,
    lines: [],
    policy: {},
    payment_method: pays ? 'card' : 'none',
    payment_status: pays ? 'pending' : 'none',
    attempt_id: pays ? attempt.id : null,
    hold_expires_at: status === 'confirmed' ? null : new Date(created.getTime() + (wish.ttlSeconds ?? 600) * 1000).toISOString(),
    withdrawn: false,
    created_at: created.toISOString(),
    updated_at: created.toISOString(),
  }
  return {
    booking,
    units,
    unitNames: Object.fromEntries(units.map((unit, index) => [unit, `Desk ${index + 1}`])),
    revision: 1,
    references: [0, 1, 2].map(() => `ALC-${randomBytes(6).toString('hex').toUpperCase()}`),
    holdLimit: 3,
    attempt: pays ? attempt : undefined,
  }
}

/** Claims over a pool, with outcomes as words: 'claimed', 'repeat' or the refusal's slug. */
export function createClaimer(pool: Pool) {
  const store = createBookingStore(pool)
  return {
    store,
    async tryClaim(input: ClaimInput, when = act): Promise<string> {
      try {
        return (await store.claim(input, when)).outcome
      } catch (error) {
        if (error instanceof Error && error.name === 'Refusal') return error.message
        throw error
      }
    },
  }
}

/** Pairs of active claims of different bookings that overlap on a unit: must always be none. */
export async function countOverlaps(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`SELECT count(*)::integer AS n FROM claim a JOIN claim b
    ON a.unit_id = b.unit_id AND a.id < b.id AND a.booking_id <> b.booking_id AND a.active AND b.active AND a.during && b.during`)
  return rows[0]!.n
}
