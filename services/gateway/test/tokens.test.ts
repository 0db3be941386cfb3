import { accountDeactivated, accountReactivated, accountRolesChanged, accountSessionRevoked, operations } from '@alcove/contracts'
import { newId } from '@alcove/kit'
import { buildEvent } from '@alcove/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applyAccountEvent } from '../src/clients/revocation-feed.ts'
import { listRoutedOperations } from '../src/routing.ts'
import { buildTestGateway, type TestGateway } from './build-test-app.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await buildTestGateway()
})
afterAll(() => gateway.close())

const fill = (path: string) => path.replace(/\{[^}]+\}/g, '01890000-0000-7000-8000-000000000009')
const routed = listRoutedOperations()

describe('routing', () => {
  it('reaches every operation that contracts publish, and only its own service', () => {
    const published = operations.filter((operation) => operation.access !== 'service' && operation.service !== 'gateway').map((operation) => operation.id)
    // Asked by services of auth, not from outside.
    expect(routed.map(({ operation }) => operation.id).sort()).toEqual(published.filter((id) => id !== 'get-service-jwks').sort())
    for (const { operation, rule } of routed) expect(rule.service).toBe(operation.service)
  })
  it('asks for a token exactly where the operation does, before anything else', async () => {
    for (const { operation, publicPath } of routed) {
      const before = gateway.seen.length
      const response = await gateway.fetch(fill(publicPath), { method: operation.method })
      expect([operation.id, response.status]).toEqual([operation.id, operation.access === 'public' ? 200 : 401])
      expect(gateway.seen.length - before).toBe(operation.access === 'public' ? 1 : 0)
    }
  })
  it('sends each operation with a good token to its service, whatever the role: that is the service’s to judge', async () => {
    for (const { operation, publicPath } of routed) {
      const response = await gateway.fetch(fill(publicPath), { method: operation.method, as: ['member'] })
      expect([operation.id, response.status, response.headers.get('x-gateway-service')]).toEqual([operation.id, 200, operation.service])
    }
  })
})

describe('tokens', () => {
  const statusFor = async (token: string) => (await gateway.fetch('/api/v1/bookings', { token })).status
  it.each([
    ['good', () => gateway.token(), 200],
    ['expired', () => gateway.context.tokens.userToken({ expiresInSeconds: -1 }), 401],
    ['for another audience', () => gateway.context.tokens.userToken({ audience: 'other' }), 401],
    ['from another issuer', () => gateway.context.tokens.userToken({ issuer: 'http://evil' }), 401],
    ['a service’s', () => gateway.context.tokens.serviceToken('booking'), 401],
    ['rubbish', async () => 'rubbish', 401],
  ])('%s', async (_name, make, expected) => {
    expect(await statusFor(await make())).toBe(expected)
  })

  it('of an ended session are refused at once; the person’s other sessions stay', async () => {
    const [userId, sessionId] = [newId(), newId()]
    const ended = await gateway.token(['member'], userId, sessionId)
    const other = await gateway.token(['member'], userId)
    expect([await statusFor(ended), await statusFor(other)]).toEqual([200, 200])
    applyAccountEvent(gateway.revocations, buildEvent(accountSessionRevoked, { userId, version: 2, sessionId, revokedAt: new Date().toISOString() }))
    expect([await statusFor(ended), await statusFor(other)]).toEqual([401, 200])
    expect((await gateway.fetch(`/api/v1/users/${userId}/profile`, { token: ended })).status).toBe(401)
  })

  it('of a deactivated person are all refused', async () => {
    const userId = newId()
    const token = await gateway.token(['admin'], userId)
    expect(await statusFor(token)).toBe(200)
    applyAccountEvent(gateway.revocations, buildEvent(accountDeactivated, { userId, version: 2, roles: ['admin'], status: 'deactivated' }))
    expect(await statusFor(token)).toBe(401)
  })

  it('of a reactivated person are good from the session that begins then, however late the deactivation was heard of', async () => {
    const userId = newId()
    const before = await gateway.token(['member'], userId)
    const reactivatedAt = new Date(Math.floor(Date.now() / 1000) * 1000 + 1000).toISOString()
    const startMs = Date.parse(reactivatedAt) + 100
    const sessionId = `${startMs
      .toString(16)
      .padStart(12, '0')
      .replace(/^(.{8})(.{4})$/, '$1-$2')}-7000-8000-000000000001`
    const after = await gateway.token(['member'], userId, sessionId)
    const state = { userId, roles: ['member' as const] }
    gateway.revocations.revoke({ userId, sessionId: null, revokedAtMs: startMs + 10_000 })
    expect([await statusFor(before), await statusFor(after)]).toEqual([401, 401])
    applyAccountEvent(gateway.revocations, buildEvent(accountReactivated, { ...state, version: 3, status: 'active', reactivatedAt }))
    expect([await statusFor(before), await statusFor(after)]).toEqual([401, 200])
  })

  it('from before a change of roles are refused; the session’s next token is good, and other people’s are untouched', async () => {
    const [userId, sessionId] = [newId(), newId()]
    const make = (accountVersion?: number) => gateway.context.tokens.userToken({ userId, sessionId, accountVersion, roles: ['admin'] })
    const [unversioned, before, after, other] = [await make(), await make(3), await make(4), await gateway.token(['member'])]
    const statuses = async () => [await statusFor(unversioned), await statusFor(before), await statusFor(after), await statusFor(other)]
    expect(await statuses()).toEqual([200, 200, 200, 200])
    applyAccountEvent(gateway.revocations, buildEvent(accountRolesChanged, { userId, version: 4, roles: ['member'], status: 'active' }))
    // An older event that comes late opens nothing again.
    applyAccountEvent(gateway.revocations, buildEvent(accountRolesChanged, { userId, version: 2, roles: ['member'], status: 'active' }))
    expect(await statuses()).toEqual([401, 401, 200, 200])
    expect((await gateway.fetch(`/api/v1/users/${userId}/profile`, { token: before })).status).toBe(401)
  })

  it('that are bad do not keep anybody from logging in', async () => {
    expect((await gateway.fetch('/api/v1/auth/login', { method: 'POST', token: 'rubbish', body: '{}' })).status).toBe(200)
  })
})
