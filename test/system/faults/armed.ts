import type { ServiceName } from '@alcove/contracts'
import type { Stack } from '../../../scripts/supervisor/types.ts'
import { eventually } from '../api.ts'

/** A kill point armed in a running process, and what became of that process. */
export interface Armed {
  isKilled(): boolean
  /** Settles once the process has died at the point and a new one is ready; rejects when nothing reached it. */
  survive(limitMs?: number): Promise<void>
}

const processOf = (stack: Stack, service: ServiceName) => stack.status().find((process) => process.service === service)!

/** What the operations port of a service knows as kill points. */
export async function listKillPoints(stack: Stack, service: ServiceName): Promise<string[]> {
  const answer = await fetch(`${stack.opsUrls(service)[0]}/kill-point`)
  return ((await answer.json()) as { names: string[] }).names
}

/**
 * Arms a kill point. When the process has died there the supervisor starts it again at once, and without the backoff that
 * dozens of deaths in a row would add up to.
 */
export async function arm(stack: Stack, service: ServiceName, name: string, skip = 0): Promise<Armed> {
  const { pid } = processOf(stack, service)
  const answer = await fetch(`${stack.opsUrls(service)[0]}/kill-point`, { method: 'PUT', body: JSON.stringify({ name, skip }) })
  if (answer.status !== 200) throw new Error(`arming ${name} of ${service}: ${answer.status} ${await answer.text()}`)
  let killed = false
  let given = false
  const revival = (async () => {
    while (!given) {
      const now = processOf(stack, service)
      if (now.pid !== pid) {
        if (now.lastExit !== 'signal SIGKILL') throw new Error(`${service} ended at ${name} with ${now.lastExit}`)
        killed = true
        if (now.state === 'backoff') {
          await stack.stop(service)
          await stack.start(service)
        }
        await stack.waitReady([service])
        return
      }
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  })()
  // The failure is told by survive(); until then it must not end the test run.
  revival.catch(() => undefined)
  return {
    isKilled: () => killed,
    async survive(limitMs = 30_000) {
      try {
        await Promise.race([revival, eventually(`${service} dies at ${name}`, async () => killed, limitMs)])
        await revival
      } finally {
        given = true
      }
    },
  }
}
