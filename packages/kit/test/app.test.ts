import { closed, defineOperation, IdParamsSchema } from '@alcove/contracts'
import { connect, type AddressInfo } from 'node:net'
import { Counter } from 'prom-client'
import Type from 'typebox'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FastifyInstance } from 'fastify'
import { addOperation, Registry } from '../src/index.ts'
import { renderOpenMetrics } from '../src/metrics.ts'
import { buildTestApp, sign } from './build-test-app.ts'

const operation = (method: 'GET' | 'POST') =>
  defineOperation({
    id: `${method}-thing`,
    service: 'workspace',
    method,
    path: '/v1/things/{id}',
    summary: '',
    access: 'user',
    params: IdParamsSchema,
    ...(method === 'POST' ? { body: closed({ text: Type.String() }) } : {}),
    responses: { 200: Type.Object({ length: Type.Integer() }) },
  })
const path = '/v1/things/01890000-0000-7000-8000-000000000009'

let app: FastifyInstance
let lines: string[]
let metrics: Registry
beforeEach(() => {
  lines = []
  metrics = new Registry()
  app = buildTestApp(lines, metrics)
  addOperation(app, operation('GET'), async () => ({ status: 200, body: { length: 0 } }))
  addOperation(app, operation('POST'), async ({ body }) => ({ status: 200, body: { length: (body as unknown as { text: string }).text.length } }))
})
afterEach(() => app.close())

/** Writes raw bytes and reads the answer until the server closes or has said enough. */
async function exchangeRaw(text: string): Promise<string> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => (answer += chunk))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

describe('unknown paths and methods', () => {
  it('answers 404 for a path that no operation has', async () => {
    for (const url of ['/', '/v1/other', '/v1/things', '/internal/status', '/v1/things/a/b']) {
      const response = await app.inject({ method: 'GET', url })
      expect([url, response.statusCode, response.json().type]).toEqual([url, 404, '/problems/not-found'])
    }
  })
  it('answers 405 with Allow for another method', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'] as const) {
      const response = await app.inject({ method: method as 'PUT', url: path })
      expect(response.statusCode).toBe(405)
      expect(response.headers.allow).toBe('GET, HEAD, POST')
      expect(response.json().type).toBe('/problems/method-not-allowed')
    }
    expect((await app.inject({ method: 'POST', url: '/health' })).statusCode).toBe(405)
  })
})

describe('a slash at the end of a path', () => {
  it('is none: the same route, and the same 405', async () => {
    const headers = { authorization: `Bearer ${await sign()}` }
    for (const url of [path, `${path}/`, `${path}/?`]) expect([url, (await app.inject({ method: 'GET', url, headers })).statusCode]).toEqual([url, 200])
    const refused = await app.inject({ method: 'PUT', url: `${path}/`, headers })
    expect([refused.statusCode, refused.headers.allow]).toEqual([405, 'GET, HEAD, POST'])
    expect((await app.inject({ method: 'GET', url: `${path}//`, headers })).statusCode).toBe(404)
  })
})

describe('bodies', () => {
  it('takes exactly 256 KiB and refuses one byte more', async () => {
    const authorization = `Bearer ${await sign()}`
    const post = (bytes: number) => {
      const frame = '{"text":""}'.length
      return app.inject({ method: 'POST', url: path, payload: { text: 'x'.repeat(bytes - frame) }, headers: { authorization } })
    }
    expect((await post(256 * 1024)).json()).toEqual({ length: 256 * 1024 - 11 })
    const refused = await post(256 * 1024 + 1)
    expect([refused.statusCode, refused.json().type]).toEqual([413, '/problems/payload-too-large'])
  })
  it('lets a client that sends too much read its 413 over a real connection', async () => {
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    const headers = { authorization: `Bearer ${await sign()}`, 'content-type': 'application/json' }
    const announced = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body: 'x'.repeat(3_000_000) })
    expect(announced.status).toBe(413)
    const chunks = async function* () {
      for (let count = 0; count < 40; count += 1) yield Buffer.alloc(65_536, 'x')
    }
    const streamed = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers,
      body: ReadableStream.from(chunks()),
      duplex: 'half',
    } as RequestInit)
    expect(streamed.status).toBe(413)
  })
})

describe('what the parser cannot read', () => {
  it('answers a problem for headers and query strings beyond 16 KiB', async () => {
    const answer = await exchangeRaw(`GET /v1/things?q=${'x'.repeat(40_000)} HTTP/1.1\r\nhost: a\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 431 /)
    expect(answer).toContain('"type":"/problems/headers-too-large"')
  })
  it('answers a problem for more than a hundred headers', async () => {
    const headers = Array.from({ length: 101 }, (_, index) => `x-${index}: 1\r\n`).join('')
    const answer = await exchangeRaw(`GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${headers}\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 431 /)
    expect(answer).toContain('"type":"/problems/headers-too-large"')
  })
  it('answers a problem for what is not HTTP', async () => {
    const answer = await exchangeRaw('BLAH\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toContain('application/problem+json')
  })
})

describe('request ids', () => {
  it('keeps a well-formed one and replaces any other', async () => {
    const idFor = async (header: string) => (await app.inject({ url: '/health', headers: { 'x-request-id': header } })).headers['x-request-id']
    expect(await idFor('abc-1._~')).toBe('abc-1._~')
    for (const bad of ['a b', 'x'.repeat(129), 'a\tb', '<script>']) expect(await idFor(bad)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  })
})

describe('health, logs, metrics', () => {
  it('says that it is alive, and its version, without a token', async () => {
    expect((await app.inject('/health')).json()).toEqual({ status: 'ok', service: 'workspace', version: '1.2.3' })
  })
  it('writes one line per request, without the token', async () => {
    const token = await sign()
    await app.inject({ url: path, headers: { authorization: `Bearer ${token}`, traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } })
    await app.inject('/health')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0]!)).toMatchObject({ service: 'workspace', method: 'GET', route: '/v1/things/:id', status: 200, trace_id: 'a'.repeat(32) })
    expect(lines[0]).not.toContain(token)
  })
  it('counts by route template, so that ids make no new series', async () => {
    await app.inject({ url: path })
    await app.inject({ url: '/nowhere/1' })
    const text = await metrics.metrics()
    expect(text).toContain('http_request_duration_seconds_count{method="GET",route="/v1/things/:id",status="401"} 1')
    expect(text).toContain('route="unmatched",status="404"')
  })
  it('names the recorded trace of a bucket in OpenMetrics, and leaves the other form as it is', async () => {
    const own = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    metrics.registerMetric(new Counter({ name: 'alcove_example_total', help: 'A counter', registers: [] }))
    app.alcove.histogram.observe({
      labels: { method: 'GET', route: '/v1/things/:id', status: '200' },
      value: 0.1,
      exemplarLabels: { trace_id: own.split('-')[1]! },
    })
    await app.inject({ url: path })
    const before = await metrics.metrics()
    const { contentType, text } = await renderOpenMetrics(metrics)
    expect(contentType).toContain('application/openmetrics-text')
    expect(text).toMatch(/le="0\.1",[^\n]*\} 1 # \{trace_id="a{32}"\} 0\.1 /)
    expect(text.endsWith('# EOF\n')).toBe(true)
    expect(text).toContain('# TYPE alcove_example counter')
    expect(before).not.toContain('trace_id')
    expect(await metrics.metrics()).toBe(before)
  })
  it('ends connections while draining', async () => {
    expect((await app.inject('/health')).headers.connection).not.toBe('close')
    app.alcove.draining = true
    expect((await app.inject('/health')).headers.connection).toBe('close')
  })
})
