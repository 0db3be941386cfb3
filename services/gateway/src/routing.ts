import { operations, type Operation, type ServiceName } from '@alcove/contracts'

/** Which public path goes to which service. */
export interface RoutingRule {
  /** Whole segments, as the service serves it: `/v1/bookings` takes `/v1/bookings/…` along. */
  prefix: string
  service: ServiceName
  /** How long the service may take, with all it calls itself, before it counts as not available. */
  timeoutMs: number
  /**
   * Reads may be answered from what was answered before while the service is away, marked `X-Cache: stale`. `everybody`: the answer is the same for all who may
   * read it; `person`: it is for the session that read it. Absent: no answer is better than an old one.
   */
  stale?: 'everybody' | 'person'
  /** Set where also a POST changes nothing. */
  readsOnly?: true
}

/** Served under `/api`, which is stripped; the first that fits. */
export const apiRules: readonly RoutingRule[] = [
  // Sessions and rights are true or not told.
  { prefix: '/v1/auth', service: 'auth', timeoutMs: 8000 },
  { prefix: '/v1/users', service: 'user', timeoutMs: 8000, stale: 'person' },
  { prefix: '/v1/teams', service: 'user', timeoutMs: 8000, stale: 'person' },
  { prefix: '/v1/locations', service: 'workspace', timeoutMs: 8000, stale: 'everybody' },
  { prefix: '/v1/closures', service: 'workspace', timeoutMs: 8000, stale: 'everybody' },
  { prefix: '/v1/spaces', service: 'workspace', timeoutMs: 8000, stale: 'everybody' },
  { prefix: '/v1/policies', service: 'workspace', timeoutMs: 8000, stale: 'everybody' },
  { prefix: '/v1/price-books', service: 'workspace', timeoutMs: 8000, stale: 'everybody' },
  { prefix: '/v1/quotes', service: 'workspace', timeoutMs: 8000, readsOnly: true },
  // booking may wait 5 s for each of user, workspace and payment.
  { prefix: '/v1/availability', service: 'booking', timeoutMs: 20_000, stale: 'person' },
  { prefix: '/v1/holds', service: 'booking', timeoutMs: 20_000 },
  { prefix: '/v1/bookings/check', service: 'booking', timeoutMs: 20_000, readsOnly: true },
  { prefix: '/v1/bookings', service: 'booking', timeoutMs: 20_000, stale: 'person' },
  // Old figures of money lead to wrong decisions. A payment provider may take its time.
  { prefix: '/v1/payments', service: 'payment', timeoutMs: 20_000 },
  { prefix: '/v1/wallets', service: 'payment', timeoutMs: 8000 },
  { prefix: '/v1/grant-requests', service: 'payment', timeoutMs: 8000 },
  { prefix: '/v1/notifications', service: 'notification', timeoutMs: 8000, stale: 'person' },
  // Reports read a lot, and say themselves as of when.
  { prefix: '/v1/reports', service: 'reporting', timeoutMs: 20_000, stale: 'person' },
  { prefix: '/v1/analytics', service: 'reporting', timeoutMs: 20_000, stale: 'person' },
  { prefix: '/v1/audit', service: 'reporting', timeoutMs: 20_000 },
  // Who looks here wants to know how it is now.
  { prefix: '/v1/admin', service: 'admin', timeoutMs: 20_000 },
]

/** Served under the very path the service has. Nothing under `/internal/` is ever routed. */
export const rootRules: readonly RoutingRule[] = [
  { prefix: '/.well-known/jwks.json', service: 'auth', timeoutMs: 8000 },
  { prefix: '/dev/mailbox', service: 'notification', timeoutMs: 8000 },
]

/** One operation of a service, reachable from outside. */
export interface RoutedOperation {
  operation: Operation
  /** As seen at the gateway. */
  publicPath: string
  rule: RoutingRule
}

/** Whether an answer is the same for all who may read it, so that a browser may keep it; any other that somebody reads with a token is theirs. */
export function isForEverybody({ rule, operation }: RoutedOperation): boolean {
  return rule.stale === 'everybody' && operation.method === 'GET' && (operation.access === 'public' || operation.access === 'user')
}

function covers(rule: RoutingRule, operation: Operation): boolean {
  return rule.service === operation.service && (operation.path === rule.prefix || operation.path.startsWith(`${rule.prefix}/`))
}

/** Every operation that the rules let through: what no operation describes is not reachable, whatever a service may serve. */
export function listRoutedOperations(all: readonly Operation[] = operations): RoutedOperation[] {
  return all.flatMap((operation): RoutedOperation[] => {
    if (operation.access === 'service' || operation.service === 'gateway') return []
    const api = apiRules.find((rule) => covers(rule, operation))
    if (api) return [{ operation, publicPath: `/api${operation.path}`, rule: api }]
    const root = rootRules.find((rule) => covers(rule, operation))
    return root ? [{ operation, publicPath: operation.path, rule: root }] : []
  })
}
