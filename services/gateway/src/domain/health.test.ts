import { describe, expect, it } from 'vitest'
import { judgeHealth, judgeTogether } from './health.ts'
import type { ListedService } from './registry.ts'

const service = (changes: Partial<ListedService> = {}): ListedService => ({
  name: 'user',
  address: 'http://user',
  critical: true,
  health: 'ok',
  version: '1',
  healthySince: null,
  lastProbeAt: null,
  ejected: false,
  breaker: 'closed',
  checks: { database: { ok: true } },
  ...changes,
})

describe('the whole', () => {
  it.each([
    ['ok: everything', [service(), service({ critical: false })], 'ok'],
    ['degraded: one that is not critical is silent', [service(), service({ critical: false, health: 'down', checks: {} })], 'degraded'],
    ['degraded: a critical one is not well, but has its database', [service({ health: 'degraded', checks: { transport: { ok: false } } })], 'degraded'],
    ['down: a critical one is silent', [service(), service({ health: 'down', checks: {} })], 'down'],
    ['down: a critical one is without its database', [service(), service({ health: 'degraded', checks: { database: { ok: false } } })], 'down'],
    [
      'degraded: one that is not critical is without its database',
      [service({ critical: false, health: 'degraded', checks: { database: { ok: false } } })],
      'degraded',
    ],
  ] as const)('%s', (_name, services, expected) => {
    expect(judgeHealth(services)).toBe(expected)
  })
})

describe('databases taken together', () => {
  const without = service({ name: 'booking', checks: { database: { ok: false, detail: 'connect ECONNREFUSED 10.0.0.7:5432' } } })
  it.each([
    ['all reach theirs; who has none says nothing', [service(), service({ checks: {} })], { status: 'ok' }],
    ['one does not', [service(), without], { status: 'degraded', detail: 'not reached by booking' }],
    ['none does', [without], { status: 'down', detail: 'not reached by booking' }],
    ['nobody says anything', [service({ checks: {} })], { status: 'down', detail: 'no service says that it reaches it' }],
  ] as const)('%s', (_name, services, expected) => {
    expect(judgeTogether(services, 'database')).toEqual(expected)
  })
})
