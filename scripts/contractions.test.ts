import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { findContractions } from './contractions.ts'

const find = async (sql: string, release = '0.4.0') => (await findContractions([{ name: 'm', sql }], release)).map((line) => line.slice('m: '.length))

it.each([
  ['CREATE TABLE a (x int NOT NULL)'],
  ['ALTER TABLE a ADD COLUMN x text'],
  ["ALTER TABLE a ADD COLUMN x text CHECK (x IN ('y'))"],
  ['ALTER TABLE a ADD COLUMN x int NOT NULL DEFAULT 0'],
  ['ALTER TABLE a ALTER COLUMN x DROP NOT NULL'],
  ['ALTER TABLE a ALTER COLUMN x SET DEFAULT 1'],
  ['ALTER TABLE a DROP CONSTRAINT c'],
  ['CREATE INDEX i ON a (x)'],
  ['DROP INDEX i'],
  ['CREATE OR REPLACE FUNCTION f(x int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$'],
  ['CREATE TABLE a (x int); ALTER TABLE a ADD UNIQUE (x); CREATE UNIQUE INDEX i ON a (x); ALTER TABLE a RENAME x TO y; DROP TABLE a'],
  ['UPDATE a SET x = 1'],
])('adding is allowed: %s', async (sql) => {
  expect(await find(sql)).toEqual([])
})

it.each([
  ['DROP TABLE s.a, b', ['drops s.a', 'drops b']],
  ['DROP FUNCTION f(int)', ['drops f']],
  ['ALTER TABLE a DROP COLUMN x, ADD COLUMN y int NOT NULL', ['drops a.x', 'adds a.y NOT NULL without a default']],
  ['ALTER TABLE a ALTER COLUMN x TYPE bigint', ['changes the type of a.x']],
  ['ALTER TABLE a ALTER COLUMN x SET NOT NULL', ['makes a.x NOT NULL']],
  ['ALTER TABLE a ALTER COLUMN x DROP DEFAULT', ['takes the default from a.x']],
  ['ALTER TABLE a ADD CONSTRAINT c CHECK (x > 0) NOT VALID', ['makes a refuse what it accepted: constraint c']],
  ['CREATE UNIQUE INDEX i ON a (x)', ['makes a refuse what it accepted: unique index i']],
  ['ALTER TABLE a RENAME COLUMN x TO y', ['renames a.x']],
  ['ALTER TABLE a RENAME TO b', ['renames a']],
  ["ALTER TYPE t RENAME VALUE 'a' TO 'b'", ['renames the value a']],
  ['TRUNCATE a', ['truncates a table']],
])('taking away is found: %s', async (sql, expected) => {
  expect(await find(sql)).toEqual(expected)
})

it('taking away is allowed once no release that may run uses it', async () => {
  expect(await find('-- contract: 0.2.0\nDROP TABLE a')).toEqual([])
  expect(await find('-- contract: 0.4.0\nDROP TABLE a')).toEqual(['release 0.4.0 still runs beside or after 0.4.0'])
  expect(await find('-- contract: 0.10.0\nDROP TABLE a', '0.9.0')).toHaveLength(1)
})

const root = join(import.meta.dirname, '..')
const version = (directory: string) => (JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version: string }).version
const databases = [
  ...readdirSync(join(root, 'services')).map((name) => [name, join(root, 'services', name), 'prisma/migrations']),
  ['outbox and inbox', join(root, 'packages/events'), 'migrations'],
  ['event log', join(root, 'packages/events'), 'log-migrations'],
].filter(([, home, folder]) => existsSync(join(home!, folder!))) as [string, string, string][]

it.each(databases)('the migrations of %s let the release before run on', async (_name, home, folder) => {
  const names = readdirSync(join(home, folder)).sort()
  const migrations = names.map((name) => ({ name, sql: readFileSync(join(home, folder, name, 'migration.sql'), 'utf8') }))
  expect(migrations.length).toBeGreaterThan(0)
  expect(await findContractions(migrations, version(home))).toEqual([])
})
