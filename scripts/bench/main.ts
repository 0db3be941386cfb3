import { rm } from 'node:fs/promises'
import { Agent } from 'undici'
import { makeTemporaryDir } from '../supervisor/layout.ts'
import { startStack } from '../supervisor/stack.ts'
import { benchAvailability } from './availability.ts'
import { benchBareDatabase } from './bare-database.ts'
import { createBookingBench, drain, pauseConsumers } from './bookings.ts'
import { benchOpenBreaker } from './breaker.ts'
import { makeFixtures } from './fixtures.ts'
import { readPostmasterPid } from './processes.ts'
import { printReport } from './report.ts'

const seconds = Number(process.env.BENCH_SECONDS ?? 15)
const sizes = (process.env.BENCH_SIZES ?? '200000,2000000').split(',').map(Number)
const progress = (line: string): void => console.error(`… ${line}`)

/** `make bench`: starts what it needs in a directory of its own, measures everything in one run, prints one table. */
async function main(): Promise<void> {
  const dir = makeTemporaryDir('alcove-bench-')
  const env = { RATE_LIMITS: 'off', LOG_LEVEL: 'warn' }
  progress('initialising')
  const first = await startStack({ dir, demo: 'accounts', testControls: true, env })
  await first.down()
  progress('measuring the bare database')
  const ground = await startStack({ dir, services: [], env })
  const bare = await benchBareDatabase(ground.databaseUrls.postgres!, seconds)
  await ground.down()

  const startedAt = performance.now()
  const stack = await startStack({ dir, testControls: true, env })
  const startMs = performance.now() - startedAt
  const agent = new Agent()
  try {
    const fixtures = await makeFixtures(stack, agent, 500)
    const bench = createBookingBench(stack, fixtures, { postgres: await readPostmasterPid(stack.databaseUrls.postgres!) })
    await drain(stack)
    progress('bookings with consumers paused')
    await pauseConsumers(stack, true)
    const direct = await bench(`${stack.urls.booking}/v1/bookings`, { seconds })
    const gateway = await bench(`${stack.urls.gateway}/api/v1/bookings`, { seconds })
    await pauseConsumers(stack, false)
    progress(
      `${Math.round(bare.perSecond)} a second bare, ${Math.round(direct.perSecond)} at the service, ${Math.round(gateway.perSecond)} through the gateway; catching up`,
    )
    await drain(stack)
    progress('bookings with everything running')
    const everything = await bench(`${stack.urls.gateway}/api/v1/bookings`, { seconds: seconds * 2 })
    progress(`${Math.round(everything.perSecond)} a second; CPU ms by process ${JSON.stringify(everything.cpuMs)}; waiting ${everything.lag.join(' → ')}`)
    const memory = stack.status().map((status) => ({ service: status.service, rssBytes: status.rssBytes ?? 0 }))
    await drain(stack)
    progress('time to answer with an open breaker')
    const openBreaker = await benchOpenBreaker(stack, fixtures, seconds)
    // Spaces of their own: what the loads above booked would be in the way of the fill.
    const places = await makeFixtures(stack, agent, 500)
    const availability = await benchAvailability(stack, places, { sizes, seconds, onProgress: progress })
    printReport({
      bare,
      direct,
      gateway,
      everything,
      memory,
      startMs,
      openBreaker,
      availability,
    })
  } finally {
    await agent.close()
    await stack.down()
    await rm(dir, { recursive: true, force: true })
  }
}

await main()
