import { restoreDatabase } from '@alcove/database'
import { loadConfig } from '@alcove/kit'
import Type from 'typebox'
import { countUndelivered } from '../undelivered.ts'

// `node dist/restore.js <service> [--replace] < file`: the rows of a backup into the service's migrated, empty database.
// Refused while the broker holds an event for the service, which would tell it of what the backup does not know; `--check`
// asks for that alone, of every service before the first is brought back.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1))
try {
  const [service = '', option] = process.argv.slice(2)
  const { DATABASE_URL: url } = loadConfig(Type.Object({ DATABASE_URL: Type.String({ minLength: 1 }) }), process.env)
  const coming = await countUndelivered(service, process.env)
  if (coming > 0)
    throw new Error(`${coming} events wait on the broker for ${service}, of which the backup knows nothing: empty the broker first (docs/operations/backup.md)`)
  if (option !== '--check') {
    const { rows } = await restoreDatabase({ url, service, source: process.stdin, replace: option === '--replace' })
    const total = Object.values(rows).reduce((sum, count) => sum + count, 0)
    console.error(`${service}: ${total} rows of ${Object.keys(rows).length} tables`)
  }
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
