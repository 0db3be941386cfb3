import { createHash } from 'node:crypto'
import { runInNewContext } from 'node:vm'
import { problems } from '@alcove/contracts'
import { createClock, newId, type Role } from '@alcove/kit'
import { getNode, listTopics } from '@alcove/graph'
import type { ServiceName } from '@alcove/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildStatus, buildTestGateway, type TestGateway } from './build-test-app.ts'

let gateway: TestGateway
beforeEach(async () => {
  gateway = await buildTestGateway()
})
afterEach(() => gateway.close())
const json = async (path: string, init?: Parameters<TestGateway['fetch']>[1]) => {
  const response = await gateway.fetch(path, init)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const services = getNode('gateway').calls as ServiceName[]

describe('GET /.well-known/security.txt', () => {
  it('200 as text with the contacts that were configured, 404 without any', async () => {
    expect((await gateway.fetch('/.well-known/security.txt')).status).toBe(404)
    const named = await buildTestGateway({ securityContacts: ['mailto:security@alcove.test'], publicBaseUrl: 'https://alcove.test' })
    try {
      const answer = await named.fetch('/.well-known/security.txt')
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8'])
      const text = await answer.text()
      expect(text).toMatch(/^Contact: mailto:security@alcove\.test\nExpires: \S+Z\n/)
      const aheadMs = Date.parse(/^Expires: (.*)$/m.exec(text)![1]!) - Date.now()
      expect(aheadMs).toBeGreaterThan(28 * 86_400_000)
      expect(aheadMs).toBeLessThan(365 * 86_400_000)
    } finally {
      await named.close()
    }
  })
})

describe('profile', () => {
  const id = '01890000-0000-7000-8000-000000000001'
  const path = `/api/v1/users/${id}/profile`
  const person = { id, displayName: 'Ada', locale: 'en', timeZone: 'Europe/London', planId: null, teams: [], addresses: [] }
  const account = { id, email: 'ada@example.org', displayName: 'Old', roles: ['member'], status: 'active', createdAt: '2026-01-01T00:00:00Z' }
  const answerJson = (service: ServiceName, status: number, body: object) =>
    gateway.answer(service, (_request, response) =>
      response.writeHead(status, { 'content-type': status === 200 ? 'application/json' : 'application/problem+json' }).end(JSON.stringify(body)),
    )
  beforeEach(() => {
    answerJson('user', 200, person)
    answerJson('auth', 200, account)
  })

  it('is composed of user and auth, for the person and for operators', async () => {
    const expected = {
      id,
      displayName: 'Ada',
      email: 'ada@example.org',
      locale: 'en',
      timeZone: 'Europe/London',
      teams: [],
      addresses: [],
      roles: ['member'],
      status: 'active',
    }
    expect(await json(path, { token: await gateway.token(['member'], id) })).toEqual({ status: 200, body: expected })
    expect(await json(path, { as: ['operator'] })).toEqual({ status: 200, body: expected })
    const asked = gateway.seen.filter((seen) => seen.service === 'user')[0]!
    expect(asked.url).toBe(`/internal/people/${id}/profile`)
    expect(asked.headers['x-service-authorization']).toBe('Bearer token-for-user')
  })
  it('does not exist for anybody else: 404, and nobody is asked', async () => {
    expect((await json(path, { as: ['member'] })).status).toBe(404)
    expect((await json(path, { as: ['team-admin'] })).status).toBe(404)
    expect((await json(path)).status).toBe(401)
    expect(gateway.seen).toEqual([])
  })
  it('of an unknown person: 404', async () => {
    answerJson('user', 404, { type: '/problems/not-found', detail: '' })
    expect((await json(path, { as: ['admin'] })).status).toBe(404)
  })
  it('with user or auth missing: 503 that names it, never half a profile', async () => {
    await gateway.kill('auth')
    expect(await json(path, { as: ['admin'] })).toMatchObject({ status: 503, body: { dependency: 'auth' } })
  })
  it('with a malformed id: 400', async () => {
    expect((await json('/api/v1/users/nobody/profile', { as: ['admin'] })).status).toBe(400)
  })
})

describe('health and registry', () => {
  const allWell = () => {
    for (const name of services) gateway.statuses.set(name, buildStatus(name))
  }
  const find = async (name: string) =>
    ((await json('/api/v1/gateway/services', { as: ['operator'] })).body.items as { name: string }[]).find((item) => item.name === name)

  it('down while something that booking needs is silent, degraded while anything else is, ok when all is well', async () => {
    allWell()
    await gateway.probeAll()
    expect(await json('/api/v1/health')).toEqual({ status: 200, body: { status: 'ok' } })
    for (const name of ['notification', 'reporting', 'admin'] as const) {
      gateway.statuses.delete(name)
      await gateway.kill(name)
    }
    await gateway.probeAll()
    expect(await json('/api/v1/health')).toEqual({ status: 200, body: { status: 'degraded' } })
    gateway.statuses.delete('payment')
    await gateway.kill('payment')
    await gateway.probeAll()
    expect(await json('/api/v1/health')).toEqual({ status: 503, body: { status: 'down' } })
    expect((await json('/api/v1/health/detailed')).status).toBe(503)
  })
  it('show each service with its database and transport, in no words that hold an address', async () => {
    allWell()
    const checks = { database: { ok: true }, transport: { ok: false, detail: 'connect ECONNREFUSED 10.0.0.7:9092' } }
    gateway.statuses.set('user', buildStatus('user', { health: 'degraded', checks }))
    gateway.statuses.set('reporting', buildStatus('reporting', { health: 'degraded', checks: { database: { ok: false, detail: '10.0.0.8' } } }))
    gateway.statuses.delete('notification')
    await gateway.probeAll()
    const { status, body } = await json('/api/v1/health/detailed', { as: ['operator'] })
    expect([status, body.status, body.database, body.transport]).toEqual([
      200,
      'degraded',
      { status: 'degraded', detail: 'not reached by reporting' },
      { status: 'ok' },
    ])
    const listed = new Map((body.services as { name: string }[]).map((service) => [service.name, service]))
    expect(listed.get('user')).toEqual({
      name: 'user',
      status: 'degraded',
      version: '1.0.0',
      critical: true,
      database: { status: 'ok' },
      transport: { status: 'down' },
      checks: { database: { ok: true }, transport: { ok: false } },
    })
    expect(listed.get('reporting')).toMatchObject({ critical: false, database: { status: 'down' }, transport: null })
    expect(listed.get('notification')).toMatchObject({ status: 'degraded', version: null, database: null, transport: null, checks: {} })
    expect(JSON.stringify(body)).not.toContain('10.0.0')
  })
  it('degraded while the gateway itself does not reach the transport', async () => {
    await gateway.close()
    gateway = await buildTestGateway({ checkTransport: () => Promise.reject(new Error('away')) })
    allWell()
    await gateway.probeAll()
    expect((await json('/api/v1/health/detailed')).body).toMatchObject({ status: 'degraded', transport: { status: 'down' } })
  })
  it('name each service with its address, since when it is healthy, ejection and breaker', async () => {
    allWell()
    await gateway.probeAll()
    expect(await find('payment')).toMatchObject({
      address: 'http://payment',
      health: 'ok',
      healthySince: '2026-03-01T10:00:00Z',
      critical: true,
      ejected: false,
      breaker: 'closed',
      version: '1.0.0',
    })
  })
  it('an ejected service: 503 with its name at once and no request sent, and back with the first request after its return', async () => {
    await gateway.kill('workspace')
    for (const ejected of [false, false, true]) {
      await gateway.probeAll()
      expect(await find('workspace')).toMatchObject({ health: 'down', healthySince: null, ejected })
    }
    const ask = () => gateway.fetch('/api/v1/locations', { as: ['member'] })
    const refused = await ask()
    expect(await refused.json()).toMatchObject({ status: 503, type: '/problems/dependency-unavailable', dependency: 'workspace' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    // The breaker has seen nothing of it: no request was tried.
    for (let count = 0; count < 10; count += 1) await ask()
    expect(await find('workspace')).toMatchObject({ ejected: true, breaker: 'closed' })
    await gateway.revive('workspace')
    expect((await ask()).status).toBe(200)
    expect(await find('workspace')).toMatchObject({ ejected: false })
  })
  it('tell addresses and versions to operators only', async () => {
    allWell()
    await gateway.probeAll()
    const bodies = async (as?: Role[]) =>
      JSON.stringify(
        await Promise.all(
          ['/gateway/status', '/gateway/services', '/api/v1/gateway/status', '/api/v1/gateway/services', '/api/v1/health/detailed'].map(
            async (path) => (await gateway.fetch(path, { as })).json() as Promise<object>,
          ),
        ),
      )
    for (const as of [undefined, ['member']] as const) expect(await bodies(as && [...as])).not.toMatch(/address|version|http:/)
    const seen = await bodies(['operator'])
    expect(seen.match(/"address":"http:/g)).toHaveLength(2 * services.length)
    expect(seen.match(/"version":"/g)).toHaveLength(2 + 3 * services.length)
    expect(await (await gateway.fetch('/')).text()).not.toContain(gateway.context.version)
  })
  it('answer the same without /api/v1', async () => {
    for (const path of ['/gateway/status', '/api/v1/gateway/status']) {
      expect(await json(path)).toMatchObject({
        status: 200,
        body: { revocations: { loaded: true, sessions: 0, people: 0 }, services: { total: services.length } },
      })
    }
    expect((await json('/gateway/services')).body).toEqual((await json('/api/v1/gateway/services')).body)
    expect((await json('/health')).body).toMatchObject({ status: 'ok', service: 'gateway' })
  })
})

describe('documents', () => {
  it('AsyncAPI has a channel for each topic and an operation for each edge of events', async () => {
    const { status, body } = await json('/api/asyncapi.json')
    expect([status, body.asyncapi]).toEqual([200, '3.0.0'])
    expect(Object.keys(body.channels as object)).toEqual(listTopics().map(({ name }) => name))
    const operations = Object.keys(body.operations as object)
    for (const { name, producer, consumers } of listTopics())
      expect(operations).toEqual(expect.arrayContaining([`${producer}.send.${name}`, ...consumers.map((consumer) => `${consumer}.receive.${name}`)]))
    expect((await json('/api/openapi.json')).body.info).toMatchObject({ description: expect.stringContaining('/api/asyncapi.json') })
  })

  it('OpenAPI lists every public operation once, with its answers and problems', async () => {
    const { status, body } = await json('/api/openapi.json')
    expect([status, body.openapi]).toEqual([200, '3.1.1'])
    const paths = body.paths as Record<string, Record<string, { operationId: string; responses: Record<string, unknown>; security: unknown[]; tags: string[] }>>
    const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map((operation) => operation.operationId))
    expect(new Set(ids).size).toBe(ids.length)
    expect(Object.keys(paths).some((path) => path.includes('/internal/'))).toBe(false)
    expect(paths['/api/v1/auth/login']!.post).toMatchObject({ security: [], tags: ['auth'] })
    expect(paths['/api/v1/users/{id}/profile']!.get!.security).toEqual([{ bearer: [] }])
    expect(paths['/.well-known/jwks.json']).toBeDefined()
    for (const [path, methods] of Object.entries(paths)) {
      for (const operation of Object.values(methods))
        expect([path, Object.keys(operation.responses).some((code) => code.startsWith('2'))]).toEqual([path, true])
      for (const name of path.match(/\{([^}]+)\}/g) ?? [])
        expect(JSON.stringify(methods)).toContain(`"name":"${name.slice(1, -1)}","in":"path","required":true`)
    }
  })
  it('pages load nothing from anywhere and allow only their own script', async () => {
    for (const path of ['/', '/problems/slot-conflict', '/verify-email?token=abc', '/reset-password?token=abc']) {
      const response = await gateway.fetch(path)
      expect([path, response.status, response.headers.get('content-type')]).toEqual([path, 200, 'text/html; charset=utf-8'])
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(await response.text()).not.toMatch(/(src|href)="(https?:)?\/\//)
    }
  })
  it('the API reference runs its own script and the line that starts it, loads nothing from elsewhere, and 405s name what is allowed', async () => {
    const page = await gateway.fetch('/api/docs')
    const policy = page.headers.get('content-security-policy')!
    const html = await page.text()
    expect(page.status).toBe(200)
    const [, inline] = /<script[^>]*>([^<]+Scalar\.createApiReference[^<]+)<\/script>/.exec(html)!
    expect(policy).toContain(`script-src 'self' 'sha256-${createHash('sha256').update(inline!).digest('base64')}';`)
    expect(policy).toContain("default-src 'none'")
    expect(html).not.toMatch(/https?:\/\//)
    const [, source] = /<script src="([^"]+)"/.exec(html)!
    const script = await gateway.fetch(source!)
    expect([script.status, script.headers.get('content-type'), script.headers.get('x-content-type-options')]).toEqual([
      200,
      'application/javascript; charset=utf-8',
      'nosniff',
    ])
    const refused = await gateway.fetch('/api/docs', { method: 'POST' })
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
  it.each([
    ['#token=abc%2Bdef', '', 'abc+def'],
    ['', '?token=of%20an%20older%20mail', 'of an older mail'],
  ])('the page of a mailed link posts the token of %s%s and takes it out of the address', async (hash, search, token) => {
    const html = await (await gateway.fetch('/verify-email')).text()
    const [, source] = /<script>([\s\S]+)<\/script>/.exec(html)!
    const posted: string[] = []
    const replaced: string[] = []
    let submit: ((event: object) => Promise<void>) | undefined
    const form = {
      querySelector: () => ({}),
      querySelectorAll: () => [],
      elements: {},
      dataset: { path: '/api/v1/auth/verify-email', done: 'done' },
      addEventListener: (_type: string, listener: typeof submit) => (submit = listener),
    }
    runInNewContext(source!, {
      document: { querySelector: () => form, getElementById: () => ({}) },
      location: { hash, search, pathname: '/verify-email' },
      history: { replaceState: (_state: null, _title: string, path: string) => replaced.push(path) },
      URLSearchParams,
      fetch: async (_path: string, { body }: { body: string }) => (posted.push(body), { ok: true }),
    })
    await submit!({ preventDefault: () => undefined })
    expect([posted, replaced]).toEqual([[JSON.stringify({ token })], ['/verify-email']])
  })
  it('every problem has its page, and no other', async () => {
    for (const [slug, { title }] of Object.entries(problems)) {
      const response = await gateway.fetch(`/problems/${slug}`)
      expect([slug, response.status]).toEqual([slug, 200])
      expect(await response.text()).toContain(title)
    }
    for (const slug of ['nothing', '__proto__', 'constructor', 'toString']) expect((await gateway.fetch(`/problems/${slug}`)).status).toBe(404)
  })
})

describe('clock', () => {
  const put = async (body: object, roles: ('admin' | 'operator' | 'member')[] = ['admin']) =>
    json('/dev/clock', { method: 'PUT', as: roles, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
  const aheadSeconds = (now: unknown) => Math.round((Date.parse(now as string) - Date.now()) / 1000)

  it('moves for every process at once, by steps and to an instant, and returns', async () => {
    const elsewhere = createClock({ file: gateway.clockFile })
    elsewhere.now()
    expect((await put({ advanceSeconds: 3600 })).status).toBe(200)
    expect(Math.round((elsewhere.now().getTime() - Date.now()) / 60_000)).toBe(60)
    const { body } = await put({ advanceSeconds: 3600 })
    expect(Math.abs(aheadSeconds(body.now) - 7200)).toBeLessThanOrEqual(2)
    await put({ now: '2030-01-01T00:00:00Z' })
    expect(elsewhere.now().toISOString()).toMatch(/^2030-01-01T00:00/)
    expect((await json('/dev/clock')).body.now).toMatch(/^2030-01-01T00:00/)
    expect((await gateway.fetch('/dev/clock', { method: 'DELETE', as: ['admin'] })).status).toBe(204)
    expect(Math.abs(elsewhere.now().getTime() - Date.now())).toBeLessThan(60_000)
  })
  it('changes asked for at once add up', async () => {
    await Promise.all(Array.from({ length: 5 }, () => put({ advanceSeconds: 100 })))
    expect((await json('/dev/clock')).body.offsetSeconds).toBe(500)
  })
  it('is an admin’s to move', async () => {
    expect((await put({ advanceSeconds: 1 }, ['operator'])).status).toBe(403)
    expect((await json('/dev/clock', { method: 'PUT' })).status).toBe(401)
    expect((await gateway.fetch('/dev/clock', { method: 'DELETE', as: ['member'] })).status).toBe(403)
  })
  it.each([[{}], [{ now: '2030-01-01T00:00:00Z', advanceSeconds: 1 }], [{ now: 'soon' }], [{ advanceSeconds: 1e12 }], [{ other: 1 }]])(
    'refuses %j',
    async (body) => {
      expect((await put(body)).status).toBe(400)
    },
  )
  it('does not exist in a cluster', async () => {
    await gateway.close()
    gateway = await buildTestGateway({ local: false })
    expect((await put({ advanceSeconds: 1 })).status).toBe(404)
    expect(Object.keys((await json('/api/openapi.json')).body.paths as object)).not.toContain('/dev/clock')
  })
})

describe('ids that are not the caller’s', () => {
  it('tell nothing apart', async () => {
    const first = await json(`/api/v1/users/${newId()}/profile`, { as: ['member'] })
    expect(first).toMatchObject({ status: 404, body: { type: '/problems/not-found' } })
  })
})
