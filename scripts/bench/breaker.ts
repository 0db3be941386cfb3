import { Agent } from 'undici'
import type { Stack } from '../supervisor/types.ts'
import { callJson, createSlots, type Fixtures } from './fixtures.ts'
import { runLoad, type LoadResult } from './load.ts'

/** How long a booker waits for the 503 while payment is stopped and its breaker is open; payment runs again afterwards. */
export async function benchOpenBreaker(stack: Stack, fixtures: Fixtures, seconds: number): Promise<LoadResult> {
  const agent = new Agent({ connections: 4 })
  const nextSlot = createSlots(fixtures.spaces)
  const url = `${stack.urls.gateway}/api/v1/bookings`
  await stack.stop('payment')
  try {
    return await runLoad({ clients: 4, seconds, warmUpSeconds: 3 }, async (client) => {
      const slot = nextSlot()
      // Months ahead of the other loads' hours, so that nothing but the breaker refuses.
      const shift = (instant: string): string => new Date(Date.parse(instant) + 200 * 86_400_000).toISOString()
      const body = { ...slot, startsAt: shift(slot.startsAt), endsAt: shift(slot.endsAt), payment: { method: 'card', token: 'tok_ok' } }
      const answer = await callJson(agent, url, { method: 'POST', token: fixtures.tokens[client], body })
      if (answer.status !== 503) throw new Error(`expected 503, got ${answer.status}: ${JSON.stringify(answer.body)}`)
    })
  } finally {
    await agent.close()
    await stack.start('payment')
  }
}
