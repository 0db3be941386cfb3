import { afterEach, describe, expect, it } from 'vitest'
import { configSchema } from '../src/config.ts'
import { loadConfig } from '@alcove/kit'
import { readOrigins } from '../src/answer-headers.ts'
import { buildTestGateway, type TestGateway } from './build-test-app.ts'
import { sendRaw } from './send-raw.ts'

let gateway: TestGateway
afterEach(() => gateway.close())

describe('an answer', () => {
  it('that somebody reads with a token, or that is about signing in, is kept by no cache but the gateway’s own', async () => {
    gateway = await buildTestGateway()
    gateway.answer('booking', (_asked, response) => response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'private' }).end('{}'))
    gateway.answer('workspace', (_asked, response) => response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=5' }).end('{}'))
    const cacheControl = async (path: string, init: Parameters<TestGateway['fetch']>[1] = {}) => (await gateway.fetch(path, init)).headers.get('cache-control')
    const token = await gateway.token()
    expect(await cacheControl('/api/v1/bookings', { token })).toBe('no-store')
    expect(await cacheControl('/api/v1/bookings', { token: 'bad' })).toBe('no-store')
    expect(await cacheControl('/api/v1/unknown', { token })).toBe('no-store')
    expect(await cacheControl('/api/v1/auth/login', { method: 'POST', body: '{}' })).toBe('no-store')
    expect(await cacheControl('/api/v1/locations', { token })).toBe('max-age=5')
    await gateway.kill('booking')
    const stale = await gateway.fetch('/api/v1/bookings', { token })
    expect([stale.status, stale.headers.get('x-cache'), stale.headers.get('cache-control')]).toEqual([200, 'stale', 'no-store'])
    await gateway.kill('workspace')
    const places = await gateway.fetch('/api/v1/locations', { token })
    expect([places.headers.get('x-cache'), places.headers.get('cache-control')]).toEqual(['stale', 'max-age=5'])
  })

  it('is of the type it says, whoever gives it', async () => {
    gateway = await buildTestGateway()
    for (const path of ['/health', '/', '/api/v1/locations', '/api/v1/bookings', '/nowhere', '/api/v1/%zz'])
      expect((await gateway.ask(path)).headers['x-content-type-options'], path).toBe('nosniff')
  })

  it('tells browsers to come by TLS where people do', async () => {
    gateway = await buildTestGateway()
    expect((await gateway.fetch('/health')).headers.get('strict-transport-security')).toBeNull()
    await gateway.close()
    gateway = await buildTestGateway({ publicBaseUrl: 'https://alcove.example.org' })
    for (const path of ['/health', '/api/v1/locations', '/nowhere'])
      expect((await gateway.fetch(path)).headers.get('strict-transport-security'), path).toBe('max-age=31536000')
  })

  it('names in a problem the path that the client used', async () => {
    gateway = await buildTestGateway()
    await gateway.fetch('/api/v1/bookings/x?y=1', { as: ['member'], headers: { 'x-original-path': '/elsewhere' } })
    expect(gateway.seen.at(-1)!.headers['x-original-path']).toBe('/api/v1/bookings/x')
    expect(await (await gateway.fetch('/api/v1/nowhere?y=1')).json()).toMatchObject({ instance: '/api/v1/nowhere' })
  })
})

describe('a page of another origin', () => {
  const origin = 'https://app.example.org'
  const preflight = (from: string) => ({
    method: 'OPTIONS',
    headers: { origin: from, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'authorization,if-match' },
  })

  it('is let in by CORS_ORIGINS alone, and without credentials', async () => {
    gateway = await buildTestGateway({
      corsOrigins: readOrigins(`${origin},https://other.example.org`),
      rateLimits: [{ name: 'one', requests: 1, windowSeconds: 60 }],
    })
    const asked = await gateway.fetch('/api/v1/bookings/x', preflight(origin))
    expect([asked.status, asked.headers.get('access-control-allow-origin'), asked.headers.get('access-control-allow-credentials')]).toEqual([204, origin, null])
    expect(asked.headers.get('access-control-allow-methods')).toContain('PATCH')
    expect(asked.headers.get('access-control-allow-headers')).toContain('if-match')
    gateway.answer('workspace', (_asked, response) => response.writeHead(200, { vary: 'accept' }).end('{}'))
    const token = await gateway.token()
    const read = await gateway.fetch('/api/v1/locations', { headers: { origin }, token })
    expect([read.status, read.headers.get('access-control-allow-origin'), read.headers.get('vary')]).toEqual([200, origin, 'accept, Origin'])
    expect(read.headers.get('access-control-expose-headers')).toContain('etag')
    const limited = await gateway.fetch('/api/v1/locations', { headers: { origin }, token })
    expect([limited.status, limited.headers.get('access-control-allow-origin')]).toEqual([429, origin])
    for (const stranger of ['https://evil.example.org', 'null', `${origin}.evil.org`, 'http://app.example.org'])
      expect((await gateway.fetch('/health', { headers: { origin: stranger } })).headers.get('access-control-allow-origin'), stranger).toBeNull()
  })

  it('is not let in by default', async () => {
    gateway = await buildTestGateway()
    const asked = await gateway.fetch('/api/v1/bookings', preflight(origin))
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([405, null])
  })

  it.each(['*', 'app.example.org', 'https://app.example.org/', 'https://a.org, https://b.org', 'https://u@a.org'])('is not described by %s', async (text) => {
    gateway = await buildTestGateway()
    expect(() => loadConfig(configSchema, { CORS_ORIGINS: text })).toThrow('CORS_ORIGINS')
  })
})

describe('a request', () => {
  it('with more than one Host is refused', async () => {
    gateway = await buildTestGateway()
    const status = async (...lines: string[]) => (await sendRaw(gateway.url, [[...lines, 'connection: close', '', ''].join('\r\n')])).status
    expect(await status('GET /health HTTP/1.1', 'Host: one')).toBe(200)
    expect(await status('GET /health HTTP/1.1', 'Host: one', 'hOST: one')).toBe(400)
    expect(await status('GET http://one/health HTTP/1.1', 'Host: one', 'Host: two')).toBe(400)
    expect(await status('GET http://one/health HTTP/1.1', 'Host: two')).toBe(200)
  })

  it('under /dev/ of one machine must name this machine, whatever name leads to it', async () => {
    gateway = await buildTestGateway()
    const ask = async (host: string) => (await gateway.ask('/dev/clock', { headers: { host } })).status
    for (const own of ['localhost:4000', 'alcove.localhost', '127.0.0.1:4000', '[::1]:4000', '192.168.1.7']) expect(await ask(own), own).toBe(200)
    for (const other of ['evil.example.org', 'localhost.evil.org:4000', '127.0.0.1.evil.org', 'a b']) expect(await ask(other), other).toBe(403)
    expect((await gateway.ask('/health', { headers: { host: 'evil.example.org' } })).status).toBe(200)
    await gateway.close()
    gateway = await buildTestGateway({ publicBaseUrl: 'http://devbox.example.org:4000' })
    expect(await ask('devbox.example.org:4000')).toBe(200)
  })
})
