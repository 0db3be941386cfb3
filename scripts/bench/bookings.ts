import { Agent, request } from 'undici'
import pg from 'pg'
import type { Stack } from '../supervisor/types.ts'
import { callJson, createSlots, type Fixtures } from './fixtures.ts'
import { runLoad, type LoadResult } from './load.ts'
import { cpuPer, readCpu } from './processes.ts'

export interface BookingLoad extends LoadResult {
  /** Processor milliseconds of each booking, by process. */
  readonly cpuMs: Record<string, number>
  /** Events not yet handled by all consumers: at the end of the warm-up and at the end. */
  readonly lag: readonly [number, number]
}

const clients = 16
const consumers = ['booking', 'payment', 'user', 'notification', 'reporting'] as const

/** Sums what the consumers have not handled and what the outboxes hold. */
export async function readBacklog(stack: Stack): Promise<number> {
  let backlog = 0
  for (const service of consumers) {
    const headers = { 'x-service-authorization': `Bearer ${await stack.serviceToken('admin', service)}` }
    const answer = await request(`${stack.urls[service]}/internal/status`, { headers })
    const status = (await answer.body.json()) as { consumerLag: number }
    backlog += status.consumerLag
    const client = new pg.Client({ connectionString: stack.databaseUrls[service] })
    await client.connect()
    const { rows } = await client.query<{ n: string }>('SELECT count(*) AS n FROM outbox')
    backlog += Number(rows[0]?.n)
    await client.end()
  }
  return backlog
}

/** Stops or resumes the consumers of every service through the operations ports. */
export async function pauseConsumers(stack: Stack, paused: boolean): Promise<void> {
  for (const service of consumers) {
    for (const opsUrl of stack.opsUrls(service)) {
      const answer = await request(`${opsUrl}/consumers`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ paused }) })
      await answer.body.dump()
      if (answer.statusCode >= 300) throw new Error(`${service} did not ${paused ? 'pause' : 'resume'} its consumers: ${answer.statusCode}`)
    }
  }
}

/** Settles when nothing is left to handle. */
export async function drain(stack: Stack): Promise<void> {
  const until = Date.now() + 300_000
  while ((await readBacklog(stack)) > 0) {
    if (Date.now() > until) throw new Error('the consumers did not catch up in five minutes')
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** Members book and pay by card, every hour of every space once, from 16 clients through `base`. */
export function createBookingBench(stack: Stack, fixtures: Fixtures, servers: Readonly<Record<string, number>>) {
  const nextSlot = createSlots(fixtures.spaces)
  return async function bench(base: string, { seconds, warmUpSeconds = 3 }: { seconds: number; warmUpSeconds?: number }): Promise<BookingLoad> {
    const agent = new Agent({ connections: clients })
    const book = async (client: number): Promise<void> => {
      const token = fixtures.tokens[client % fixtures.tokens.length]
      const answer = await callJson(agent, base, { method: 'POST', token, body: { ...nextSlot(), payment: { method: 'card', token: 'tok_ok' } } })
      if (answer.status !== 201) throw new Error(`a booking was answered ${answer.status}: ${JSON.stringify(answer.body)}`)
    }
    await runLoad({ clients, seconds: 0, warmUpSeconds }, book)
    const before = readCpu(stack, servers)
    const lagBefore = await readBacklog(stack)
    const result = await runLoad({ clients, seconds, warmUpSeconds: 0 }, book)
    const lagAfter = await readBacklog(stack)
    const cpuMs = cpuPer(before, readCpu(stack, servers), result.count)
    await agent.close()
    return { ...result, cpuMs, lag: [lagBefore, lagAfter] }
  }
}
