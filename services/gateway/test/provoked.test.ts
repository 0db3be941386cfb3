import { operations } from '@alcove/contracts'
import { addOperation, createApp } from '@alcove/kit'
import { buildTestContext } from '@alcove/testing'
import type { FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildTestGateway, type TestGateway } from './build-test-app.ts'
import { sendRaw } from './send-raw.ts'

/** A single counted failure opens the breaker, and it stays open: whatever counts is seen. */
const breaker = { consecutiveFailuresMax: 1, volumeThreshold: 1, errorThresholdPercentage: 1, resetTimeoutMs: 3_600_000 }
let gateway: TestGateway
let token: string
afterEach(() => {
  expect(gateway.client.breakers().filter(({ state }) => state !== 'closed')).toEqual([])
  expect(gateway.suspected).toEqual([])
})
const head = (method: string, path: string, lines: readonly string[] = []) =>
  [`${method} ${path} HTTP/1.1`, 'host: localhost', `authorization: Bearer ${token}`, 'connection: close', ...lines, '', ''].join('\r\n')

describe('before a service of ours, no client alone', () => {
  let service: FastifyInstance
  beforeAll(async () => {
    const context = await buildTestContext('booking')
    service = createApp({
      ...context,
      authenticator: {
        ...context.authenticator,
        verifyUser: () => Promise.reject(new Error('unknown')),
        verifyService: async () => 'gateway',
      },
    })
    for (const operation of operations.filter((each) => each.service === 'booking' && each.access !== 'service')) {
      addOperation(service, operation, () => Promise.reject(new Error('a fault that a body brings about')))
    }
    await service.listen({ port: 0, host: '127.0.0.1' })
    gateway = await buildTestGateway({
      clientOptions: { breaker },
      urls: { BOOKING_SERVICE_URL: `http://127.0.0.1:${(service.server.address() as AddressInfo).port}` },
    })
    token = await gateway.token(['admin'])
  })
  afterAll(async () => {
    await gateway.close()
    await service.close()
  })

  it('by heads of any size and number: what its service would not read is 431 here', async () => {
    const statuses = new Set<number>()
    const sizes = [1000, 8000, 14_000, 15_000, 15_200, 15_400, 15_500, 15_600, 15_700, 15_800, 15_900, 16_000, 16_100, 16_200, 16_300, 16_400, 20_000]
    for (const size of sizes) {
      statuses.add(
        (await sendRaw(gateway.url, [head('POST', '/api/v1/bookings', [`x-big: ${'x'.repeat(Math.max(0, size - 700))}`, 'content-length: 0'])])).status,
      )
      statuses.add((await sendRaw(gateway.url, [head('GET', `/api/v1/bookings?x=${'x'.repeat(Math.max(0, size - 700))}`)])).status)
    }
    for (const count of [80, 85, 88, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 200]) {
      const lines = Array.from({ length: count }, (_, index) => `x-${index}: y`)
      statuses.add((await sendRaw(gateway.url, [head('GET', '/api/v1/bookings', lines)])).status)
    }
    expect([...statuses].sort()).toEqual([500, 431].sort())
  })

  it('by bodies that are refused before they are read, of any size and media type', async () => {
    const statuses = new Set<number>()
    for (const size of [0, 1, 1000, 100_000, 262_000, 262_144, 262_145, 1_000_000]) {
      const body = Buffer.alloc(size, ' ')
      for (const type of ['application/json', 'text/plain', 'application/json; charset=utf-16', 'multipart/form-data', 'x', '']) {
        for (const path of ['/api/v1/bookings', '/api/v1/bookings/check', '/api/v1/holds']) {
          const lines = [`content-length: ${size}`, ...(type === '' ? [] : [`content-type: ${type}`])]
          statuses.add((await sendRaw(gateway.url, [head('POST', path, lines), body])).status)
        }
      }
    }
    for (const status of statuses) expect(status === 500 || (status >= 400 && status < 500)).toBe(true)
    expect(statuses.has(415)).toBe(true)
  }, 120_000)

  it('by a fault that its own request brings about', async () => {
    for (let count = 0; count < 5; count += 1) expect((await sendRaw(gateway.url, [head('GET', '/api/v1/bookings')])).status).toBe(500)
  })

  it('by headers between two hops', async () => {
    const cases: [string[], (string | Buffer)[]][] = [
      [['expect: 100-continue', 'content-length: 2', 'content-type: application/json'], ['{}']],
      [['expect: something-else', 'content-length: 2'], ['{}']],
      [['te: trailers', 'transfer-encoding: chunked', 'trailer: x-end', 'content-type: application/json'], ['2\r\n{}\r\n0\r\nx-end: 1\r\n\r\n']],
      [['transfer-encoding: chunked', 'content-type: application/json'], [`${'2\r\n{}\r\n'.repeat(2000)}0\r\n\r\n`]],
      [['upgrade: websocket', 'sec-websocket-version: 13', 'content-length: 0'], []],
      [['upgrade: h2c', 'http2-settings: AAMAAABkAAQAAP__', 'content-length: 0'], []],
      [['keep-alive: timeout=0', 'proxy-connection: keep-alive', 'content-length: 0'], []],
      [['content-length: 0', 'x-control: a\x01b'], []],
      [['content-length: 0', 'x-high: \xe9\xff'], []],
      [['content-length: 0', 'set-cookie: a=1', 'set-cookie: b=2', 'cookie: a', 'cookie: b', '__proto__: x', 'constructor: y', 'traceparent: zz'], []],
      [['content-length: 0', 'x-service-authorization: Bearer x', 'x-request-deadline-ms: -1', 'x-request-id: '], []],
      [['content-length: 5', 'content-length: 5'], ['{}   ']],
      [['content-length: 99999999999999999999'], []],
      [['transfer-encoding: chunked', 'content-length: 2'], ['{}']],
    ]
    for (const [lines, pieces] of cases) {
      const { status } = await sendRaw(gateway.url, [head('POST', '/api/v1/bookings', lines), ...pieces], 1500)
      expect([lines, status === 500 || status === 0 || (status >= 400 && status < 500)]).toEqual([lines, true])
    }
  }, 60_000)
})

describe('before a service that hangs, no client alone', () => {
  beforeEach(async () => {
    gateway = await buildTestGateway({ clientOptions: { breaker } })
    token = await gateway.token(['admin'])
    gateway.answer('booking', () => undefined)
    gateway.answer('user', () => undefined)
  })
  afterEach(() => gateway.close())

  it('by little time, however little or much', async () => {
    const ask = async (path: string, budgetMs: number) => (await sendRaw(gateway.url, [head('GET', path, [`x-request-deadline-ms: ${budgetMs}`])])).status
    // user has 8 s of its own.
    const budgets = [0, 1, 5, 100, 900, 1100, 2000, 2500, 4000, 7900]
    expect(await Promise.all(budgets.map((budgetMs) => ask('/api/v1/users/me', budgetMs)))).toEqual(budgets.map(() => 504))
  }, 60_000)

  it('by leaving: in the middle of a body, of the waiting, of an answer', async () => {
    const body = ['content-type: application/json', 'content-length: 1000']
    await sendRaw(gateway.url, [head('POST', '/api/v1/bookings', body), '{"half":'], 50)
    await sendRaw(gateway.url, [head('POST', '/api/v1/bookings', body)], 50)
    expect(gateway.seen).toEqual([])
    for (const method of ['GET', 'POST']) {
      for (let count = 0; count < 5; count += 1) await sendRaw(gateway.url, [head(method, '/api/v1/bookings', ['content-length: 0'])], 50)
    }
    const over = Promise.withResolvers<void>()
    gateway.answer('booking', (_request, response) => {
      response.writeHead(200, { 'content-length': '100000000' }).write(Buffer.alloc(1_000_000))
      response.on('close', over.resolve)
    })
    await sendRaw(gateway.url, [head('GET', '/api/v1/bookings')], 300)
    await over.promise
  })
})
