import { dumpDatabase } from '@alcove/database'
import { loadConfig } from '@alcove/kit'
import Type from 'typebox'
import { countUndelivered } from '../undelivered.ts'

// `node dist/backup.js <service> [--undelivered] > file`: all rows of the service's database. Refuses while an event is
// under way, in the outbox or on the broker, for that is in no database: `--undelivered` takes it all the same.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1))
try {
  const [service = '', option] = process.argv.slice(2)
  const { DATABASE_URL: url } = loadConfig(Type.Object({ DATABASE_URL: Type.String({ minLength: 1 }) }), process.env)
  const { rows } = await dumpDatabase({
    url,
    service,
    out: process.stdout,
    async check(client) {
      if (option === '--undelivered') return
      const waiting = Number((await client.query<{ n: string }>('SELECT count(*) AS n FROM outbox')).rows[0]!.n)
      if (waiting > 0) throw new Error(`${waiting} events wait in the outbox: start ${service} until they are sent, then stop it again`)
      const coming = await countUndelivered(service, process.env)
      if (coming > 0) throw new Error(`${coming} events wait on the broker: start ${service} until it has handled them, then stop it again`)
    },
  })
  const total = Object.values(rows).reduce((sum, count) => sum + count, 0)
  console.error(`${service}: ${total} rows of ${Object.keys(rows).length} tables`)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
