import type { PriceRule } from '@alcove/rules'
import type { Pool } from 'pg'
import type { CatalogueLocation, CatalogueSpace } from '../domain/catalogue.ts'
import { type PolicyRecord, toEffectivePolicy } from '../domain/policy.ts'
import { nameUnit, type SpaceRecord } from '../domain/space.ts'

type Limits = Omit<PolicyRecord, 'id' | 'version' | 'name' | 'createdAt' | 'updatedAt'>

interface Row extends Omit<CatalogueLocation, 'spaces' | 'closures'> {
  closures: { startsAt: number; endsAt: number; spaceIds: string[] }[]
  spaces: (Omit<SpaceRecord, 'units'> & { units: SpaceRecord['units'] | null })[]
  policies: Record<string, Limits> | null
  priceBooks: Record<string, { rules: PriceRule[]; dayCapMinor: number | null }> | null
}

// One statement is one snapshot: a revision is never read without the units that belong to it.
const READ = `SELECT l.id, l.name, l.time_zone AS "timeZone", l.currency, l.week_starts_on AS "weekStartsOn",
  l.tax_rate_percent AS "taxRatePercent", l.opening_hours AS "openingHours",
  (SELECT COALESCE(json_agg(json_build_object('startsAt', extract(epoch FROM c.starts_at) * 1000, 'endsAt', extract(epoch FROM c.ends_at) * 1000,
      'spaceIds', c.space_ids) ORDER BY c.starts_at), '[]')
    FROM closure c WHERE c.location_id = l.id AND c.deleted_at IS NULL AND c.ends_at > $2::timestamptz) AS closures,
  (SELECT COALESCE(json_agg(json_build_object('id', s.id, 'locationId', s.location_id, 'name', s.name, 'kind', s.kind, 'capacity', s.capacity,
      'revision', s.revision, 'status', s.status, 'amenities', s.amenities, 'bufferBeforeMinutes', s.buffer_before_minutes,
      'bufferAfterMinutes', s.buffer_after_minutes, 'policyId', s.policy_id, 'priceBookId', s.price_book_id,
      'units', (SELECT json_agg(json_build_object('id', u.id, 'number', u.number, 'status', u.status) ORDER BY u.number)
        FROM unit u WHERE u.space_id = s.id AND u.removed_at IS NULL)) ORDER BY s.id), '[]')
    FROM space s WHERE s.location_id = l.id AND s.archived_at IS NULL) AS spaces,
  (SELECT json_object_agg(p.id, json_build_object('minMinutes', p.min_minutes, 'maxMinutes', p.max_minutes, 'gridMinutes', p.grid_minutes,
      'leadMinutes', p.lead_minutes, 'advanceDays', p.advance_days, 'cancellation', p.cancellation))
    FROM policy p WHERE p.id IN (SELECT policy_id FROM space WHERE location_id = l.id AND archived_at IS NULL)) AS policies,
  (SELECT json_object_agg(b.id, json_build_object('rules', b.rules, 'dayCapMinor', b.day_cap_minor))
    FROM price_book b WHERE b.id IN (SELECT price_book_id FROM space WHERE location_id = l.id AND archived_at IS NULL)) AS "priceBooks"
FROM location l WHERE l.id = $1 AND l.archived_at IS NULL`

/** A location with everything in it; closures that ended before `closedAfter` are left out. */
export async function readLocation(pool: Pool, id: string, closedAfter: Date): Promise<CatalogueLocation | undefined> {
  const { rows } = await pool.query<Row>({ name: 'catalogue-location', text: READ, values: [id, closedAfter] })
  return rows[0] && toCatalogueLocation(rows[0])
}

function toCatalogueLocation(row: Row): CatalogueLocation {
  const policies = new Map(Object.entries(row.policies ?? {}).map(([id, policy]) => [id, toEffectivePolicy(policy)]))
  const priceBooks = new Map(Object.entries(row.priceBooks ?? {}).map(([id, { rules, dayCapMinor }]) => [id, { rules, dayCapMinor: dayCapMinor ?? undefined }]))
  const spaces = row.spaces.map((space): CatalogueSpace => {
    const { policyId, priceBookId, units: read, ...members } = space
    const units = read ?? []
    return {
      ...members,
      policy: (policyId && policies.get(policyId)) || {},
      priceBook: (priceBookId && priceBooks.get(priceBookId)) || undefined,
      units: units.filter((unit) => unit.status === 'active').map((unit) => ({ id: unit.id, name: nameUnit({ name: members.name, units }, unit) })),
      closures: row.closures.filter((closure) => closure.spaceIds.includes(members.id)).map(toInterval),
    }
  })
  const { closures, spaces: _spaces, policies: _policies, priceBooks: _priceBooks, ...location } = row
  return {
    ...location,
    closures: closures.filter(({ spaceIds }) => spaceIds.length === 0).map(toInterval),
    spaces: new Map(spaces.map((space) => [space.id, space])),
  }
}

const toInterval = ({ startsAt, endsAt }: { startsAt: number; endsAt: number }) => ({ startsAt, endsAt })

/** Raised by every write. */
export async function readVersion(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ version: string }>({ name: 'catalogue-version', text: 'SELECT version FROM catalogue' })
  return rows[0]!.version
}

export async function readLocationIdOf(pool: Pool, spaceId: string): Promise<string | undefined> {
  const text = 'SELECT location_id AS id FROM space WHERE id = $1 AND archived_at IS NULL'
  const { rows } = await pool.query<{ id: string }>({ name: 'catalogue-space', text, values: [spaceId] })
  return rows[0]?.id
}

export async function readLocationIds(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM location WHERE archived_at IS NULL ORDER BY id')
  return rows.map(({ id }) => id)
}
