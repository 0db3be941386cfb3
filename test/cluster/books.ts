import { kubectl } from './cluster.ts'

/** One number of a service's database, read inside the database's own pod. */
export const count = (database: string, sql: string): number =>
  Number(kubectl('exec', 'postgresql-0', '--', 'psql', '--username=postgres', '--no-align', '--tuples-only', `--dbname=${database}`, '--command', sql).trim())

/** Pairs of active claims of different bookings on one unit that overlap. */
export const countOverlaps = (): number =>
  count(
    'booking',
    'SELECT count(*) FROM claim a JOIN claim b ON a.unit_id = b.unit_id AND a.booking_id < b.booking_id AND a.during && b.during WHERE a.active AND b.active',
  )
