import { createLogger } from '@alcove/kit'
import { createTestDatabase } from '@alcove/testing'
import pg from 'pg'
import { expect, it } from 'vitest'

const lines: string[] = []
const log = createLogger({ service: 'workspace', destination: { write: (line) => void lines.push(line) } })
const logged = (write: () => void): string => {
  lines.length = 0
  write()
  return lines.join('')
}

it('shows where and what an error of PostgreSQL was, and no value of any row', async () => {
  const database = await createTestDatabase('workspace')
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query('CREATE TEMPORARY TABLE person (email text PRIMARY KEY, age integer CHECK (age > 0))')
  await client.query(`INSERT INTO person VALUES ('ada@example.test', 1)`)
  const failures = [
    [`INSERT INTO person VALUES ('ada@example.test', 2)`, '23505', 'person_pkey'],
    [`INSERT INTO person VALUES ('hidden-value', -1)`, '23514', 'person_age_check'],
    [`SELECT 'hidden-value'::integer`, '22P02', 'integer'],
    [`SELECT '{"a": hidden-value}'::jsonb`, '22P02', 'json'],
    [`DO $$ BEGIN RAISE EXCEPTION 'for "hidden-value"'; END $$`, 'P0001', 'for'],
  ] as const
  for (const [sql, code, shown] of failures) {
    const error: unknown = await client.query(sql).catch((reason: unknown) => reason)
    const line = logged(() => log.error({ err: error }, 'failed'))
    expect(line).toContain(code)
    expect(line).toContain(shown)
    expect(line).not.toMatch(/ada@example|hidden-value/)
  }
  await client.end()
  await database.drop()
})
