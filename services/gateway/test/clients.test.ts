import { createServiceClient } from '@alcove/client'
import { baseConfigSchema, createLogger, loadConfig, Registry } from '@alcove/kit'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type from 'typebox'
import { afterEach, describe, expect, it } from 'vitest'
import { createRegistryProbe } from '../src/clients/registry-probe.ts'
import { createRevocationLoader } from '../src/clients/revocation-feed.ts'
import type { Registry as ServiceRegistry } from '../src/domain/registry.ts'
import { Revocations } from '../src/domain/revocations.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const startedAt = (sessionMs: number) => {
  const time = sessionMs.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000001`
}

describe('revocations', () => {
  it('of a whole person end the sessions begun before, and none begun later', () => {
    const revocations = new Revocations(() => 10_000_000)
    revocations.revoke({ userId: 'u', sessionId: null, revokedAtMs: 5_000_000 })
    expect(revocations.isRevoked('u', startedAt(4_000_000))).toBe(true)
    expect(revocations.isRevoked('u', startedAt(5_000_500))).toBe(true)
    expect(revocations.isRevoked('u', startedAt(5_001_000))).toBe(false)
    expect(revocations.isRevoked('u', 'no-uuid')).toBe(true)
    expect(revocations.isRevoked('other', startedAt(4_000_000))).toBe(false)
  })
  it('are forgotten once no token of theirs can live', () => {
    let now = 0
    const revocations = new Revocations(() => now)
    revocations.revoke({ userId: 'u', sessionId: 's1', revokedAtMs: 0 })
    now = 16 * 60_000
    revocations.revoke({ userId: 'u', sessionId: 's2', revokedAtMs: now })
    expect(revocations.counts().sessions).toBe(2)
    now = 21 * 60_000
    revocations.revoke({ userId: 'u', sessionId: 's3', revokedAtMs: now })
    expect([revocations.isRevoked('u', 's1'), revocations.isRevoked('u', 's2'), revocations.isRevoked('u', 's3')]).toEqual([false, true, true])
  })
  it('are asked of auth until it answers', async () => {
    let up = false
    const server = createServer((_request, response) =>
      up
        ? response
            .writeHead(200, { 'content-type': 'application/json' })
            .end(JSON.stringify({ items: [{ userId: 'u', sessionId: 's', revokedAt: '2026-01-01T00:00:00Z' }], roleChanges: [{ userId: 'v', version: 3 }] }))
        : response.writeHead(503).end(),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(
      () => server.close(),
      () => server.closeAllConnections(),
    )
    const directory = mkdtempSync(join(tmpdir(), 'loader-'))
    cleanups.push(() => rmSync(directory, { recursive: true }))
    writeFileSync(join(directory, 'auth'), 'token')
    const env = { SERVICE_TOKEN_DIR: directory, AUTH_SERVICE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
    const log = createLogger({ service: 'gateway', level: 'silent' })
    const client = createServiceClient({
      self: 'gateway',
      config: loadConfig(Type.Object(baseConfigSchema), env),
      metrics: new Registry(),
      log,
      breaker: { resetTimeoutMs: 200 },
    })
    cleanups.push(() => client.close())
    const revocations = new Revocations(Date.now)
    const loader = createRevocationLoader({ client, revocations, log })
    cleanups.push(() => loader.stop!())
    await loader.start!()
    expect(loader.loaded()).toBe(false)
    up = true
    await expect.poll(() => loader.loaded()).toBe(true)
    expect(revocations.isRevoked('u', 's')).toBe(true)
    expect([revocations.hasOldRoles('v', 2), revocations.hasOldRoles('v', 3), revocations.hasOldRoles('u', 0)]).toEqual([true, false, false])
  })
})

describe('changes of roles', () => {
  it('are forgotten once no token from before them lives', () => {
    let now = 0
    const revocations = new Revocations(() => now)
    revocations.noteRoleChange({ userId: 'u', version: 2 })
    now += 19 * 60_000
    revocations.noteRoleChange({ userId: 'v', version: 2 })
    expect(revocations.hasOldRoles('u', 1)).toBe(true)
    now += 2 * 60_000
    revocations.noteRoleChange({ userId: 'w', version: 2 })
    expect([revocations.hasOldRoles('u', 1), revocations.hasOldRoles('v', 1)]).toEqual([false, true])
  })
})

describe('registry probe', () => {
  const build = (silent: () => boolean, intervalMs: number) => {
    const asked: string[] = []
    const registry = {
      names: ['user', 'booking'],
      probe: async (name: string) => void asked.push(name),
      isSilent: silent,
    } as unknown as ServiceRegistry
    const probe = createRegistryProbe(registry, intervalMs)
    cleanups.push(() => probe.stop!())
    return { asked, probe }
  }
  it('asks every service at once, then round after round until it is stopped', async () => {
    const { asked, probe } = build(() => false, 1)
    await probe.start!()
    expect(asked).toEqual(['user', 'booking'])
    await expect.poll(() => asked.length).toBeGreaterThan(6)
    await probe.stop!()
    const stopped = asked.length
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(asked.length - stopped).toBeLessThanOrEqual(2)
  })
  it('asks a silent one again long before the next round', async () => {
    const { asked, probe } = build(() => true, 3_600_000)
    await probe.start!()
    await expect.poll(() => asked.length).toBe(4)
  })
  it('asks at once when somebody asks for the health of the whole, and no more often than every two seconds', async () => {
    const { asked, probe } = build(() => false, 3_600_000)
    await Promise.all([probe.refresh(), probe.refresh(), probe.refresh()])
    await probe.refresh()
    expect(asked).toEqual(['user', 'booking'])
    await expect.poll(() => probe.refresh().then(() => asked.length)).toBe(4)
  })
  it('asks a service that a request found silent, once', async () => {
    const { asked, probe } = build(() => false, 3_600_000)
    for (let count = 0; count < 100; count += 1) probe.suspect('booking')
    expect(asked).toEqual(['booking'])
  })
})
