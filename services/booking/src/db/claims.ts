import type { Pool } from 'pg'
import type { ClaimSource, UnitClaims } from '../domain/ports.ts'

interface SpanRow {
  unit_id: string
  overdue: boolean
  /** Epoch seconds: `from until from until …`; null for a unit without claims. */
  spans: string | null
}

const OF_LOCATION = 'SELECT unit_id, overdue, spans FROM list_location_claims($1, $2, $3, $4)'
const OF_UNITS = 'SELECT unit_id, overdue, spans FROM list_unit_claims($1, $2, $3, $4)'
const CONFLICTS = `SELECT CASE WHEN cardinality(list_free_units($1, tstzrange($2, $3), $4)) > 0 THEN '[]'::jsonb
  ELSE list_conflicts($1, tstzrange($2, $3), $4, $5) END AS conflicts`
// No booking has it: stands for "no booking of one's own".
const nobody = '00000000-0000-0000-0000-000000000000'

/** What stands in the way: hot reads through `pg`, one text per unit instead of thousands of rows. */
export function createClaimSource(pool: Pool): ClaimSource {
  const read = async (name: string, text: string, values: unknown[]) => toClaims((await pool.query<SpanRow>({ name, text, values })).rows)
  return {
    listOfLocation: (locationId, { from, to }, now) => read('claims-of-location', OF_LOCATION, [locationId, from, to, now]),
    async listOfUnits(unitIds, { from, to }, now) {
      return unitIds.length === 0 ? new Map() : read('claims-of-units', OF_UNITS, [unitIds, from, to, now])
    },
    async listConflicts({ unitIds, from, to, bookingId }, now) {
      const { rows } = await pool.query<{ conflicts: { startsAt: string; endsAt: string }[] }>({
        name: 'list-conflicts',
        text: CONFLICTS,
        values: [unitIds, from, to, bookingId ?? nobody, now],
      })
      return rows[0]!.conflicts
    },
  }
}

function toClaims(rows: SpanRow[]): UnitClaims {
  const claims: UnitClaims = new Map()
  for (const { unit_id: unitId, overdue, spans } of rows) {
    if (spans === null) continue
    if (overdue) removeOverdue(claims, unitId, spans)
    else claims.set(unitId, toIntervals(spans))
  }
  return claims
}

function toIntervals(spans: string): { startsAt: number; endsAt: number }[] {
  const numbers = spans.split(' ')
  const intervals: { startsAt: number; endsAt: number }[] = []
  for (let index = 0; index < numbers.length; index += 2) intervals.push({ startsAt: Number(numbers[index]) * 1000, endsAt: Number(numbers[index + 1]) * 1000 })
  return intervals
}

/** Overdue rows come last. Their claims still stand in the table, but block nobody. */
function removeOverdue(claims: UnitClaims, unitId: string, spans: string): void {
  for (const { startsAt, endsAt } of toIntervals(spans)) {
    const list = claims.get(unitId)
    const index = list?.findIndex((claim) => claim.startsAt === startsAt && claim.endsAt === endsAt) ?? -1
    if (index >= 0) list!.splice(index, 1)
  }
}
