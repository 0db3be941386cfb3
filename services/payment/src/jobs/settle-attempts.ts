import { setTimeout as sleep } from 'node:timers/promises'
import type { Lifecycle, Logger } from '@alcove/kit'
import { settleAttempt, type SettleDeps } from '../domain/settle-attempt.ts'

/** Least time between two looks while some are being settled: under load a look finds several instead of one. */
const GATHER_MS = 15

export interface SettlementWorker extends Lifecycle {
  /** Something may be due: look now instead of at the next poll. */
  wake(): void
}

/**
 * Settles due attempts, `concurrency` at once, each under its lease: woken after a commit that made one due, and polling for what a
 * killed process, a lost wake-up or a silent provider left. Any number of replicas may run it.
 */
export function createSettlementWorker(deps: SettleDeps & { log: Logger; concurrency: number; pollMs: number; onSettled: () => void }): SettlementWorker {
  const { attempts, leases, log, concurrency, pollMs } = deps
  const active = new Set<Promise<void>>()
  let stopping = false
  let woken = false
  let wakeSleeper: (() => void) | undefined
  let loop: Promise<void> | undefined

  const wake = () => {
    woken = true
    wakeSleeper?.()
  }
  const rest = () =>
    new Promise<void>((resolve) => {
      if (woken || stopping) return resolve()
      const timer = setTimeout(resolve, pollMs)
      wakeSleeper = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const claim = async (limit: number) => {
    const realNow = deps.realNow()
    try {
      return await attempts.claim({ lease: leases.grant(realNow), realNow, limit })
    } catch (err) {
      log.warn({ err }, 'could not look for due attempts')
      return []
    }
  }
  async function run(): Promise<void> {
    while (!stopping) {
      woken = false
      const free = concurrency - active.size
      const claimed = free > 0 ? await claim(free) : []
      for (const work of claimed) {
        const settling = settleAttempt(deps, work)
          .catch((err: unknown) => log.error({ err, attemptId: work.attempt.id }, 'an attempt was not settled; its lease runs out and it is tried again'))
          .finally(() => {
            active.delete(settling)
            deps.onSettled()
            wake()
          })
        active.add(settling)
      }
      if (claimed.length < free || active.size >= concurrency) await rest()
      if (active.size > 0) await sleep(GATHER_MS)
    }
  }
  return {
    name: 'settlement',
    phase: 'consumer',
    wake,
    async start() {
      loop = run()
    },
    async stop() {
      stopping = true
      wake()
      await loop
      await Promise.allSettled(active)
    },
  }
}
