import { hostname } from 'node:os'
import { cloneDatabase, waitFor, type TestDatabase } from '@alcove/testing'
import { createLogger } from '@alcove/kit'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createJobs, type Sweep } from '../src/index.ts'

const log = createLogger({ service: 'test', level: 'silent' })
let database: TestDatabase
const running: { stop(): Promise<void> }[] = []

beforeAll(async () => {
  database = await cloneDatabase('jobs', [])
})
afterAll(() => database.drop())
afterEach(async () => {
  await Promise.all(running.splice(0).map((jobs) => jobs.stop()))
  await database.pool.query('DELETE FROM graphile_worker._private_jobs')
})

async function startJobs(sweeps: Sweep[]): Promise<void> {
  const jobs = createJobs({ pool: database.pool, log, service: 'test', sweeps, pollMs: 20, keepMs: 50 })
  running.push(jobs)
  await jobs.start()
}

describe('jobs', () => {
  it('run a sweep again and again, on one replica at a time, also when replicas start at once on an empty database', async () => {
    let active = 0
    let most = 0
    let runs = 0
    const sweep: Sweep = {
      name: 'count-things',
      everySeconds: 0.01,
      timeLimitSeconds: 5,
      async run() {
        active += 1
        most = Math.max(most, active)
        await new Promise((resolve) => setImmediate(resolve))
        active -= 1
        runs += 1
      },
    }
    await Promise.all([startJobs([sweep]), startJobs([sweep]), startJobs([sweep])])
    await waitFor(() => runs >= 5)
    expect(most).toBe(1)
  })

  it('run a sweep again after it failed', async () => {
    let runs = 0
    await startJobs([
      {
        name: 'fail-first',
        everySeconds: 0.01,
        timeLimitSeconds: 5,
        async run() {
          runs += 1
          if (runs < 3) throw new Error('not yet')
        },
      },
    ])
    await waitFor(() => runs >= 4)
    expect(runs).toBeGreaterThanOrEqual(4)
  })

  it('take a job at once from a process of this machine that is gone, and in time from a silent one', async () => {
    let runs = 0
    await startJobs([{ name: 'lose-machine', everySeconds: 3600, timeLimitSeconds: 3600, run: async () => void (runs += 1) }])
    const settled = async (count: number) => {
      const { rows } = await database.pool.query<{ locked_by: string | null }>('SELECT locked_by FROM graphile_worker._private_jobs')
      return runs === count && rows.length === 1 && rows[0]!.locked_by === null
    }
    const lockBy = async (poolId: string, process: string, aliveSeconds: number) => {
      await database.pool.query(`INSERT INTO graphile_worker.alcove_worker VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))`, [
        poolId,
        process,
        aliveSeconds,
      ])
      await database.pool.query(`UPDATE graphile_worker._private_jobs SET locked_by = $1, locked_at = $2, run_at = $2`, [poolId, new Date()])
    }
    await waitFor(() => settled(1))
    await lockBy('gone', `${hostname()}:999999999:x`, 3600)
    await waitFor(() => settled(2))
    await lockBy('silent', 'another-machine:1:x', -1)
    await waitFor(() => settled(3))
    await lockBy('alive', 'another-machine:2:x', 3600)
    const { releaseStale } = await import('../src/stale.ts')
    expect(await releaseStale(database.pool, { sweeps: [{ name: 'lose-machine', timeLimitSeconds: 3600 }], now: new Date() })).toBe(0)
    expect(runs).toBe(3)
  })

  it('take a job from a killed process once it is locked for longer than its limit, and not before', async () => {
    let runs = 0
    const sweep: Sweep = { name: 'lose-process', everySeconds: 3600, timeLimitSeconds: 1, run: async () => void (runs += 1) }
    await startJobs([sweep])
    // Its successor alone is there: nothing of the first run is in progress any more.
    await waitFor(async () => {
      const { rows } = await database.pool.query<{ locked_by: string | null }>('SELECT locked_by FROM graphile_worker._private_jobs')
      return runs === 1 && rows.length === 1 && rows[0]!.locked_by === null
    })
    const lock = (seconds: number) =>
      database.pool.query(`UPDATE graphile_worker._private_jobs SET locked_by = 'killed', locked_at = $1, run_at = $1, attempts = attempts + 1`, [
        new Date(Date.now() - seconds * 1000),
      ])
    await lock(1)
    const { releaseStale } = await import('../src/stale.ts')
    expect(await releaseStale(database.pool, { sweeps: [sweep], now: new Date() })).toBe(0)
    await lock(60)
    await waitFor(() => runs === 2)
  })

  it('abort a sweep at its time limit', async () => {
    let aborted = false
    await startJobs([
      {
        name: 'hang-forever',
        everySeconds: 3600,
        timeLimitSeconds: 0.05,
        run: (signal) =>
          new Promise((resolve) =>
            signal.addEventListener('abort', () => {
              aborted = true
              resolve()
            }),
          ),
      },
    ])
    await waitFor(() => aborted)
    expect(aborted).toBe(true)
  })
})
