import { text } from 'node:stream/consumers'
import { createPool } from '@alcove/database'
import { createClock, newId } from '@alcove/kit'
import { readSeedConfig, readSeedList } from './config.ts'
import { createHashQueue } from './crypto/hash-queue.ts'
import { createPasswordHasher } from './crypto/password-hasher.ts'
import { createInTransaction } from './db/stores.ts'
import { ensureAccount } from './domain/ensure-account.ts'
import { hashingOverloaded } from './errors.ts'

// `node src/seed-accounts.ts < accounts.json`, with [{ email, password, displayName, roles? }] on standard input.
// Makes what is missing, verified, through the same use case and events as everything else; prints [{ email, id }].
const config = readSeedConfig(process.env)
const list = readSeedList(JSON.parse(await text(process.stdin)))
const pool = createPool({ url: config.DATABASE_URL, max: 2, applicationName: 'auth seed' })
try {
  const hasher = createPasswordHasher(createHashQueue({ slots: 1, waitingMax: list.length, waitMaxMs: 600_000, overloaded: hashingOverloaded }))
  const inTransaction = createInTransaction({ pool, clock: createClock({ file: config.CLOCK_FILE }), newId, onCommit: () => undefined })
  // Demo people share a password: one hash for each distinct one keeps `make up` fast.
  const hashes = new Map<string, string>()
  const made: { email: string; id: string }[] = []
  for (const { email, password, displayName, roles = ['member' as const] } of list) {
    const passwordHash = hashes.get(password) ?? (await hasher.hash(password))
    hashes.set(password, passwordHash)
    const account = await ensureAccount({ inTransaction, now: () => new Date(), newId }, { email, passwordHash, displayName, roles })
    made.push({ email: account.email, id: account.id })
  }
  process.stdout.write(`${JSON.stringify(made)}\n`)
} finally {
  await pool.end()
}
