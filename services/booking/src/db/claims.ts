import type { Pool } from 'pg'
import type { ClaimSource, UnitClaims } from '../domain/ports.ts'
import { createUnitTable } from './unit-table.ts'

interface PackedRow {
  /** Null: none. */
  claims: Buffer | null
  /** Still in `claims`, but they block nobody: their booking is overdue and the sweep has not reached it yet. */
  overdue: Buffer | null
}

const OF_LOCATION = 'SELECT claims, overdue FROM list_location_claims($1, $2, $3, $4)'
const OF_UNITS = 'SELECT claims, overdue FROM list_unit_claims($1, $2, $3, $4)'
const CONFLICTS = `SELECT CASE WHEN cardinality(list_free_units($1, tstzrange($2, $3), $4)) > 0 THEN '[]'::jsonb
  ELSE list_conflicts($1, tstzrange($2, $3), $4, $5) END AS conflicts`
// No booking has it: stands for "no booking of one's own".
const nobody = '00000000-0000-0000-0000-000000000000'

/** What stands in the way: hot reads through `pg`, one packed value instead of thousands of rows. */
export function createClaimSource(pool: Pool): ClaimSource {
  const read = async (name: string, text: string, values: unknown[]) => (await pool.query<PackedRow>({ name, text, values })).rows[0]!
  return {
    async listOfLocation({ locationId, unitIds }, { from, to }, now) {
      return unpack(unitIds, await read('claims-of-location', OF_LOCATION, [locationId, from, to, now]))
    },
    async listOfUnits(unitIds, { from, to }, now) {
      return unitIds.length === 0 ? [] : unpack(unitIds, await read('claims-of-units', OF_UNITS, [unitIds, from, to, now]))
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

/** pack_claim: the unit's id, then from and until as PostgreSQL sends them, microseconds since 2000. */
const recordBytes = 32
const fromPlace = 16
const untilPlace = 24
const epochOffsetMs = Date.UTC(2000, 0, 1)

function unpack(unitIds: readonly string[], { claims, overdue }: PackedRow): UnitClaims {
  const units: number[][] = unitIds.map(() => [])
  if (!claims) return units
  const table = createUnitTable(unitIds)
  const late = overdue ? countOverdue(overdue) : undefined
  for (let at = 0; at < claims.length; at += recordBytes) {
    const times = units[table.find(claims, at)]
    if (times && !(late && takeOverdue(late, claims, at))) addClaim(times, claims, at)
  }
  // A unit may be asked for twice, by a space and by one composed of it.
  for (let place = 0; place < units.length; place++) units[place] = units[table.firstPlaces[place]!]!
  return units
}

/** Claims come by start but for the long ones, which come after all shorter ones. */
function addClaim(times: number[], claims: Buffer, at: number): void {
  const from = readTimeMs(claims, at + fromPlace)
  const until = readTimeMs(claims, at + untilPlace)
  if (times.length === 0 || times[times.length - 2]! <= from) {
    times.push(from, until)
    return
  }
  let place = times.length - 2
  while (place > 0 && times[place - 2]! > from) place -= 2
  times.splice(place, 0, from, until)
}

function readTimeMs(bytes: Buffer, offset: number): number {
  // Two halves, for a bigint of each would be an object. Exact: the product stays below 2^53 until the year 2255.
  return epochOffsetMs + (bytes.readInt32BE(offset) * 0x1_0000_0000 + bytes.readUInt32BE(offset + 4)) / 1000
}

const recordAt = (bytes: Buffer, at: number): string => bytes.toString('latin1', at, at + recordBytes)

function countOverdue(overdue: Buffer): Map<string, number> {
  const counts = new Map<string, number>()
  for (let at = 0; at < overdue.length; at += recordBytes) counts.set(recordAt(overdue, at), (counts.get(recordAt(overdue, at)) ?? 0) + 1)
  return counts
}

/** Whether this record is one of the overdue ones, each of which stands for one claim: a change may hold two of one interval. */
function takeOverdue(counts: Map<string, number>, claims: Buffer, at: number): boolean {
  const record = recordAt(claims, at)
  const left = counts.get(record) ?? 0
  if (left > 0) counts.set(record, left - 1)
  return left > 0
}
