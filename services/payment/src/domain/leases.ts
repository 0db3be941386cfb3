import type { AttemptStore, Lease } from './stores.ts'

/** The leases this process holds, kept alive while their holder works; a killed process's leases run out. */
export interface Leases {
  readonly owner: string
  /** A lease from now on. */
  grant(realNow: Date): Lease
  /** Renews the attempt's lease until the returned function is called. */
  hold(attemptId: string): () => void
}

/**
 * Short leases renewed every quarter of their length: a death is noticed after `leaseMs` at most, however slow the provider. A lease lost
 * to a stalled process only costs double work: every step is idempotent at the provider and recorded as a difference.
 */
export function createLeases(deps: { attempts: Pick<AttemptStore, 'renewLeases'>; newId: () => string; realNow: () => Date; leaseMs: number }): Leases {
  const { attempts, realNow, leaseMs } = deps
  const owner = deps.newId()
  const held = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined

  const grant = (now: Date): Lease => ({ owner, until: new Date(now.getTime() + leaseMs) })
  const renew = () => {
    // A renewal that fails is made up by the next one; if none succeeds the lease runs out, which is safe.
    attempts.renewLeases([...held.keys()], grant(realNow())).catch(() => undefined)
  }
  return {
    owner,
    grant,
    hold(attemptId) {
      held.set(attemptId, (held.get(attemptId) ?? 0) + 1)
      timer ??= setInterval(renew, leaseMs / 4)
      return () => {
        const count = (held.get(attemptId) ?? 1) - 1
        if (count > 0) held.set(attemptId, count)
        else held.delete(attemptId)
        if (held.size === 0) {
          clearInterval(timer)
          timer = undefined
        }
      }
    },
  }
}
