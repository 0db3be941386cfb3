import type { DetailedHealth } from '@alcove/contracts'
import type { ListedService } from './registry.ts'

type Judged = Pick<ListedService, 'health' | 'critical' | 'checks'>
type Probe = DetailedHealth['database']

/** Without its database a service answers, and can do nothing. */
const cannotWork = ({ health, checks }: Judged) => health === 'down' || checks.database?.ok === false

/**
 * `down` when nothing can be booked: a critical service is silent or without its database. `degraded` when anything else is amiss, be it a
 * service that only catches up later or the transport, which the outboxes wait for.
 */
export function judgeHealth(services: readonly Judged[]): DetailedHealth['status'] {
  if (services.some((service) => service.critical && cannotWork(service))) return 'down'
  return services.every((service) => service.health === 'ok') ? 'ok' : 'degraded'
}

/** What the services say of a thing each has one of: one that is silent, or has none, says nothing. */
export function judgeTogether(services: readonly ListedService[], check: string): Probe {
  const asked = services.flatMap(({ name, checks: { [check]: result } }) => (result ? [{ name, ok: result.ok }] : []))
  const broken = asked.filter(({ ok }) => !ok).map(({ name }) => name)
  if (asked.length === 0) return { status: 'down', detail: 'no service says that it reaches it' }
  if (broken.length === 0) return { status: 'ok' }
  return { status: broken.length === asked.length ? 'down' : 'degraded', detail: `not reached by ${broken.join(', ')}` }
}

/** One check of one service; its own words may hold addresses and stay inside. */
export function judgeCheck({ checks }: ListedService, check: string): Probe | null {
  const result = checks[check]
  return result ? { status: result.ok ? 'ok' : 'down' } : null
}
