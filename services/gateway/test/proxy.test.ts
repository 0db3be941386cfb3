import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildTestGateway, type Seen, type TestGateway } from './build-test-app.ts'

let gateway: TestGateway
beforeEach(async () => {
  // Longer than any test: an open breaker stays open while it is looked at.
  gateway = await buildTestGateway({ clientOptions: { breaker: { resetTimeoutMs: 300_000 } } })
})
afterEach(() => gateway.close())

const space = '/api/v1/spaces/01890000-0000-7000-8000-000000000009'

describe('passing on', () => {
  it('gives the service the request as it came, without /api, and the client the answer as it came', async () => {
    gateway.answer('workspace', (_request, response) => {
      response.writeHead(201, {
        'content-type': 'application/json',
        etag: '"3"',
        location: '/v1/spaces/1',
        'set-cookie': ['a=1', 'b=2'],
        connection: 'keep-alive',
        'x-gateway-service': 'liar',
      })
      response.end('{"ok":true}')
    })
    const token = await gateway.token(['operator'])
    const response = await gateway.fetch('/api/v1/spaces?a=1&b=%20x', {
      method: 'POST',
      token,
      body: '{"name":"é"}',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k1', 'x-request-id': 'r-1', 'if-match': '"1"' },
    })
    expect([response.status, await response.text()]).toEqual([201, '{"ok":true}'])
    expect(response.headers.get('etag')).toBe('"3"')
    expect(response.headers.get('location')).toBe('/api/v1/spaces/1')
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(response.headers.get('x-gateway-service')).toBe('workspace')
    expect(response.headers.get('x-request-id')).toBe('r-1')
    const [seen] = gateway.seen as [Seen]
    expect(seen).toMatchObject({ service: 'workspace', method: 'POST', url: '/v1/spaces?a=1&b=%20x', body: '{"name":"é"}' })
    expect(seen.headers).toMatchObject({
      authorization: `Bearer ${token}`,
      'idempotency-key': 'k1',
      'x-request-id': 'r-1',
      'if-match': '"1"',
      'x-service-name': 'gateway',
      'x-forwarded-for': '127.0.0.1',
    })
    expect(seen.headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    expect(Number(seen.headers['x-request-deadline-ms'])).toBeGreaterThan(1000)
  })

  it('keeps to itself what only Alcove may say, and hop-by-hop headers', async () => {
    const answer = await new Promise<string>((resolve) => {
      let text = ''
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () => {
        socket.write(
          'GET /api/v1/locations HTTP/1.1\r\nhost: x\r\nauthorization: Bearer TOKEN\r\nconnection: close, x-secret\r\nx-secret: 1\r\nte: trailers\r\n'.replace(
            'TOKEN',
            token,
          ),
        )
        socket.write(
          'x-service-authorization: Bearer forged\r\nx-forwarded-for: 203.0.113.9\r\nx-service-name: admin\r\nx-request-deadline-ms: 9000\r\nkeep-alive: timeout=5\r\nproxy-authorization: Basic x\r\nx-kept: yes\r\n\r\n',
        )
      })
      socket.on('data', (chunk) => (text += chunk))
      socket.on('close', () => resolve(text))
    })
    expect(answer).toMatch(/^HTTP\/1\.1 200/)
    const { headers } = gateway.seen[0]!
    for (const name of ['x-secret', 'te', 'proxy-authorization', 'transfer-encoding']) expect(headers[name]).toBeUndefined()
    expect(headers['x-service-name']).toBe('gateway')
    expect(headers['x-service-authorization']).toBe(`Bearer token-for-${gateway.seen[0]!.service}`)
    expect(headers['x-forwarded-for']).toBe('127.0.0.1')
    expect(headers['x-kept']).toBe('yes')
    expect(headers.connection).toBe('keep-alive')
    expect(Number(headers['x-request-deadline-ms'])).toBeLessThan(9000)
  })
  let token = ''
  beforeEach(async () => {
    token = await gateway.token()
  })

  it('passes on whatever status, body and media type the service chose', async () => {
    gateway.answer('booking', (_request, response) =>
      response.writeHead(409, { 'content-type': 'application/problem+json' }).end('{"type":"/problems/slot-conflict"}'),
    )
    const conflict = await gateway.fetch('/api/v1/bookings', { method: 'POST', as: ['member'], body: 'not json', headers: { 'content-type': 'text/plain' } })
    expect([conflict.status, conflict.headers.get('content-type'), await conflict.json()]).toEqual([
      409,
      'application/problem+json',
      { type: '/problems/slot-conflict' },
    ])
    expect(gateway.seen[0]).toMatchObject({ body: 'not json' })
    gateway.answer('booking', (_request, response) => response.writeHead(204).end())
    expect((await gateway.fetch(`/api/v1/holds/01890000-0000-7000-8000-000000000009`, { method: 'DELETE', as: ['member'] })).status).toBe(204)
  })

  it('streams an answer of many megabytes', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'x')
    gateway.answer('reporting', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      let left = 320
      const more = () => {
        while (left > 0) {
          left -= 1
          if (!response.write(chunk)) {
            response.once('drain', more)
            return
          }
        }
        response.end()
      }
      more()
    })
    const response = await gateway.fetch('/api/v1/audit', { as: ['admin'] })
    expect((await response.arrayBuffer()).byteLength).toBe(320 * chunk.length)
  })

  it('answers HEAD like GET without a body', async () => {
    const response = await gateway.fetch('/api/v1/locations', { method: 'HEAD', as: ['member'] })
    expect([response.status, response.headers.get('x-gateway-service'), await response.text()]).toEqual([200, 'workspace', ''])
    expect(gateway.seen[0]!.method).toBe('HEAD')
  })
})

describe('what is not routed', () => {
  it.each([
    '/api/internal/status',
    '/internal/status',
    '/api/v1/../internal/status',
    '/api/v1/%2e%2e/internal/status',
    '/api//internal/status',
    '/.well-known/service-jwks.json',
    '/v1/bookings',
    '/api/v1/nothing',
    '/api',
    '/api/v1',
  ])('%s answers 404 or 401 and reaches no service', async (path) => {
    const answer = await gateway.app.inject({ method: 'GET', url: path, headers: { authorization: `Bearer ${await gateway.token(['admin'])}` } })
    expect([401, 404]).toContain(answer.statusCode)
    expect(gateway.seen).toEqual([])
  })
  it('405 with Allow for a method the path does not have', async () => {
    const response = await gateway.fetch('/api/v1/bookings', { method: 'DELETE', as: ['member'] })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST'])
  })
  it('400 for a path that is not correctly encoded', async () => {
    expect((await gateway.app.inject({ url: '/api/v1/spaces/%zz' })).statusCode).toBe(400)
  })
  it('413 for more than 256 KiB, without the service being asked', async () => {
    const response = await gateway.fetch('/api/v1/bookings', {
      method: 'POST',
      as: ['member'],
      body: 'x'.repeat(256 * 1024 + 1),
      headers: { 'content-type': 'application/json' },
    })
    expect([response.status, ((await response.json()) as { type: string }).type]).toEqual([413, '/problems/payload-too-large'])
    expect(gateway.seen).toEqual([])
  })
  it('no browser of another origin is let in', async () => {
    const response = await gateway.fetch('/api/v1/locations', {
      method: 'OPTIONS',
      headers: { origin: 'https://evil', 'access-control-request-method': 'GET' },
    })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    expect(
      (await gateway.fetch('/api/v1/locations', { as: ['member'], headers: { origin: 'https://evil' } })).headers.get('access-control-allow-origin'),
    ).toBeNull()
  })
})

describe('a service in trouble', () => {
  const problemOf = async (response: Response) => ({
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    ...((await response.json()) as object),
  })

  it('dead: 503 that names it, then an open breaker that opens no connection, then back by itself', async () => {
    await gateway.kill('workspace')
    for (let count = 0; count < 5; count += 1) {
      expect(await problemOf(await gateway.fetch(space, { as: ['member'] }))).toMatchObject({
        status: 503,
        type: '/problems/dependency-unavailable',
        dependency: 'workspace',
        retryAfter: expect.stringMatching(/^\d+$/),
      })
    }
    expect(gateway.client.breakers().find(({ callee }) => callee === 'workspace')!.state).toBe('open')
    expect((await problemOf(await gateway.fetch(space, { as: ['member'] }))).status).toBe(503)
    expect((await gateway.fetch('/api/v1/bookings', { as: ['member'] })).status).toBe(200)
  })

  it('broken: an open breaker sends nothing', async () => {
    gateway.answer('workspace', (_request, response) => response.socket!.destroy())
    for (let count = 0; count < 5; count += 1) await gateway.fetch(space, { as: ['member'] })
    const asked = gateway.seen.length
    expect((await gateway.fetch(space, { as: ['member'] })).status).toBe(503)
    expect(gateway.seen).toHaveLength(asked)
  })

  it('recovered: the breaker closes by itself', async () => {
    await gateway.close()
    gateway = await buildTestGateway({ clientOptions: { breaker: { resetTimeoutMs: 300 } } })
    let broken = true
    gateway.answer('workspace', (_request, response) => {
      if (broken) response.socket!.destroy()
      else response.writeHead(200).end('{}')
    })
    for (let count = 0; count < 5; count += 1) await gateway.fetch(space, { as: ['member'] })
    broken = false
    await expect.poll(async () => (await gateway.fetch(space, { as: ['member'] })).status).toBe(200)
    expect(gateway.client.breakers().every(({ state }) => state === 'closed')).toBe(true)
  })

  it('slow: 504 within the client’s own budget, which the service is told', async () => {
    gateway.answer('workspace', () => undefined)
    const response = await gateway.fetch(space, { as: ['member'], headers: { 'x-request-deadline-ms': '3000' } })
    expect(await problemOf(response)).toMatchObject({ status: 504, type: '/problems/deadline-exceeded' })
    expect(Number(gateway.seen[0]!.headers['x-request-deadline-ms'])).toBeLessThan(3000)
  })

  it('asked when the client’s budget is used up: 504, and no call', async () => {
    const response = await gateway.fetch(space, { as: ['member'], headers: { 'x-request-deadline-ms': '0' } })
    expect(await problemOf(response)).toMatchObject({ status: 504, type: '/problems/deadline-exceeded' })
    expect(gateway.seen).toEqual([])
  })

  it('slow for impatient clients only: the breaker stays closed', async () => {
    gateway.answer('workspace', () => undefined)
    await Promise.all(Array.from({ length: 12 }, () => gateway.fetch(space, { as: ['member'], headers: { 'x-request-deadline-ms': '50' } })))
    expect(gateway.client.breakers().find(({ callee }) => callee === 'workspace')!.state).toBe('closed')
  })

  it('answering with an error of its own is passed on and opens no breaker', async () => {
    gateway.answer('booking', (_request, response) =>
      response.writeHead(503, { 'retry-after': '7', 'content-type': 'application/problem+json' }).end('{"dependency":"payment"}'),
    )
    for (let count = 0; count < 12; count += 1) {
      const response = await gateway.fetch('/api/v1/bookings', { method: 'POST', as: ['member'], body: '{}' })
      expect([response.status, response.headers.get('retry-after'), await response.json()]).toEqual([503, '7', { dependency: 'payment' }])
    }
    expect(gateway.client.breakers().find(({ callee }) => callee === 'booking')!.state).toBe('closed')
  })

  it('answering with headers beyond measure: 503', async () => {
    gateway.answer('workspace', (_request, response) => response.writeHead(200, { 'x-huge': 'x'.repeat(60_000) }).end())
    expect((await problemOf(await gateway.fetch(space, { as: ['member'] }))).status).toBe(503)
  })

  it('dying in the middle of an answer: the client sees a broken answer, never a complete one', async () => {
    gateway.answer('workspace', (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('half', () => response.socket!.destroy())
    })
    await expect((async () => (await gateway.fetch(space, { as: ['member'] })).text())()).rejects.toThrow()
  })

  it('full: further requests are refused at once', async () => {
    await gateway.close()
    gateway = await buildTestGateway({ clientOptions: { concurrencyMax: 2 } })
    const release: (() => void)[] = []
    gateway.answer('workspace', (_request, response) => void release.push(() => response.writeHead(200).end('{}')))
    const held = [gateway.fetch(space, { as: ['member'] }), gateway.fetch(space, { as: ['member'] })]
    await expect.poll(() => gateway.seen.length).toBe(2)
    expect(await problemOf(await gateway.fetch(space, { as: ['member'] }))).toMatchObject({ status: 503, dependency: 'workspace', retryAfter: '1' })
    for (const each of release) each()
    expect((await Promise.all(held)).map((response) => response.status)).toEqual([200, 200])
  })

  it('asked for a client that left: the question is withdrawn', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gateway.answer('workspace', (_request, response) => response.on('close', resolve))
    const controller = new AbortController()
    const left = gateway.fetch(space, { as: ['member'], signal: controller.signal }).catch(() => 'left')
    await expect.poll(() => gateway.seen.length).toBe(1)
    controller.abort()
    expect(await left).toBe('left')
    await promise
  })
})
