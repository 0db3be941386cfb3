import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { createTestDatabase, waitFor, type TestDatabase } from '@alcove/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Transport } from '../src/transport.ts'

/** A broker with the topics of the graph, reached by the variables of `env`. */
export interface BackupPlace {
  env: Readonly<Record<string, string>>
  transport: Transport
}

interface BackupSuite {
  name: string
  /** The broker from before, and an empty one. */
  open(): Promise<{ old: BackupPlace; fresh: BackupPlace; close(): Promise<void> }>
}

const service = 'reporting'
const programs = fileURLToPath(new URL('../src/programs', import.meta.url))

/** What the programs of backup and restore make of events that are on a broker, for every kind of broker. */
export function describeBackup(suite: BackupSuite): void {
  describe(`a backup beside ${suite.name}`, () => {
    let places: Awaited<ReturnType<BackupSuite['open']>>
    const databases: TestDatabase[] = []
    let backup = Buffer.alloc(0)
    beforeAll(async () => {
      places = await suite.open()
      databases.push(await createTestDatabase(service), await createTestDatabase(service))
    })
    afterAll(async () => {
      await places.close()
      for (const database of databases) await database.drop()
    })

    async function run(program: 'backup' | 'restore', { env }: BackupPlace, database: TestDatabase, ...options: string[]) {
      const own = { ...process.env, ...env, DATABASE_URL: database.url }
      const child = spawn(process.execPath, [`${programs}/${program}.ts`, service, ...options], { env: own, stdio: ['pipe', 'pipe', 'pipe'] })
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
      child.stdin.on('error', () => undefined).end(backup)
      const out: Buffer[] = []
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
      const [code, says] = await Promise.all([ended, text(child.stderr)])
      return { code, says, out: Buffer.concat(out) }
    }
    const publish = ({ transport }: BackupPlace, keys: string[]) =>
      transport.publish(
        'booking',
        keys.map((key) => ({ key, value: key })),
      )
    /** What the service's group is given until nothing is left for it. */
    async function consume({ transport }: BackupPlace, count: number): Promise<string[]> {
      const got: string[] = []
      const onBatch = async (batch: { value: string }[]) => void got.push(...batch.map(({ value }) => value))
      const subscription = await transport.subscribe({ group: service, topics: ['booking'], onBatch })
      await waitFor(async () => got.length >= count && (await subscription.lag()) === 0, { timeoutMs: 60_000 })
      await subscription.stop()
      return got.toSorted()
    }

    it('is refused while an event waits on the broker, and taken once the service has handled it', async () => {
      await publish(places.old, ['a', 'b', 'c'])
      expect(await run('backup', places.old, databases[0]!)).toMatchObject({
        code: 1,
        says: expect.stringMatching(/^3 events wait on the broker: start reporting/),
      })
      expect(await consume(places.old, 3)).toEqual(['a', 'b', 'c'])
      const taken = await run('backup', places.old, databases[0]!)
      expect(taken.code, taken.says).toBe(0)
      backup = taken.out
    })

    it('is not brought back beside a broker with events from after it, and is beside an empty one', async () => {
      await publish(places.old, ['d'])
      const refused = { code: 1, says: expect.stringMatching(/^1 events wait on the broker for reporting, of which the backup knows nothing/) }
      expect(await run('restore', places.old, databases[1]!, '--check')).toMatchObject(refused)
      expect(await run('restore', places.old, databases[1]!, '--replace')).toMatchObject(refused)
      expect(await run('restore', places.fresh, databases[1]!, '--check')).toMatchObject({ code: 0, says: '' })
      const restored = await run('restore', places.fresh, databases[1]!)
      expect(restored.code, restored.says).toBe(0)
    })

    it('needs no position from before: the first event of the new broker is given', async () => {
      await publish(places.fresh, ['e'])
      expect(await consume(places.fresh, 1)).toEqual(['e'])
    })
  })
}
