import { fileURLToPath } from 'node:url'
import { assertPrismaMatchesDatabase, createTestDatabase } from '@alcove/testing'
import { expect, it } from 'vitest'
import { deleteExpired } from '../src/db/delete-expired.ts'

it('the Prisma model is the migrated database', async () => {
  const database = await createTestDatabase('auth')
  await assertPrismaMatchesDatabase(fileURLToPath(new URL('../prisma/schema.prisma', import.meta.url)), database.pool)
  await database.drop()
})

it('deletes what can no longer be used, and keeps what the gateway may still ask for', async () => {
  const database = await createTestDatabase('auth')
  const { pool } = database
  const now = new Date()
  await pool.query(
    `INSERT INTO account (id, email, display_name, password_hash, status, roles, version, created_at) VALUES (uuidv7(), 'a@b.c', 'A', 'x', 'active', '{member}', 1, $1)`,
    [now],
  )
  const session = (note: string, expires: string, revoked: string | null) =>
    pool.query(
      `INSERT INTO session (id, account_id, user_agent, created_at, last_used_at, expires_at, revoked_at, revoke_reason)
       SELECT uuidv7(), id, $2, $1, $1, $1::timestamptz + $3::interval, $1::timestamptz + $4::interval, CASE WHEN $4::text IS NULL THEN NULL ELSE 'logout' END FROM account`,
      [now, note, expires, revoked],
    )
  await session('live', '1 day', null)
  await session('expired', '-1 second', null)
  await session('just revoked', '1 day', '-20 minutes')
  await session('long revoked', '1 day', '-8 days')
  await pool.query(
    `INSERT INTO refresh_token (hash, session_id, created_at, expires_at) SELECT decode(md5(id::text), 'hex'), id, $1, expires_at FROM session`,
    [now],
  )
  await deleteExpired(pool, now)
  const { rows } = await pool.query<{ note: string }>('SELECT user_agent AS note FROM session s JOIN refresh_token t ON t.session_id = s.id ORDER BY s.id')
  expect(rows.map(({ note }) => note)).toEqual(['live', 'just revoked'])
  await database.drop()
})
