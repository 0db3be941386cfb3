import { listLocations } from '@alcove/contracts'
import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { addCallerLimit } from '../src/caller-limit.ts'
import { addOperation, Registry } from '../src/index.ts'
import { buildTestApp, sign, signService } from './build-test-app.ts'
import { killServices, startService, statusOf } from './running-service.ts'

let app: FastifyInstance | undefined
afterEach(async () => {
  await app?.close()
  app = undefined
  killServices()
})

function build(text: string, metrics = new Registry()): FastifyInstance {
  app = buildTestApp([], metrics)
  addOperation(app, listLocations, async () => ({ status: 200, body: { items: [], nextCursor: null } }))
  addCallerLimit(app, text)
  return app
}
const ask = async (headers: Record<string, string> = {}, remoteAddress = '127.0.0.1', url = '/v1/locations') => app!.inject({ url, headers, remoteAddress })
const statusesOf = async (count: number, ...of: Parameters<typeof ask>) => {
  const statuses = []
  for (let asked = 0; asked < count; asked += 1) statuses.push((await ask(...of)).statusCode)
  return statuses
}

describe('the limit of a service’s own port', () => {
  it('refuses a source that comes past the edge, whatever it asks and whoever it is, with 429 and Retry-After', async () => {
    build('3/10min')
    const headers = { authorization: `Bearer ${await sign()}` }
    expect(await statusesOf(3, headers)).toEqual([200, 200, 200])
    const refused = await ask({ authorization: `Bearer ${await sign({ sub: '01890000-0000-7000-8000-000000000002' })}` })
    expect([refused.statusCode, refused.json().type, Number(refused.headers['retry-after']) > 500]).toEqual([429, '/problems/rate-limited', true])
    expect((await ask({}, '127.0.0.1', '/nothing')).statusCode).toBe(429)
    expect((await ask(headers, '203.0.113.7')).statusCode).toBe(200)
  })
  it('takes a /64 for one source, and believes no X-Forwarded-For', async () => {
    build('1/10min')
    const headers = { authorization: `Bearer ${await sign()}` }
    expect((await ask(headers, '2001:db8::1')).statusCode).toBe(200)
    expect((await ask({ ...headers, 'x-forwarded-for': '203.0.113.7' }, '2001:db8::2')).statusCode).toBe(429)
  })
  it('does not count declared services, whose token is judged once, and counts who only claims to be one', async () => {
    const metrics = new Registry()
    build('1/10min', metrics)
    const person = { authorization: `Bearer ${await sign()}` }
    expect(await statusesOf(5, { ...person, 'x-service-authorization': `Bearer ${await signService('gateway')}` })).toEqual(Array(5).fill(200))
    expect(await metrics.metrics()).toContain('service_tokens_total{caller="gateway",judgement="accepted"} 5')
    for (const [name, token] of Object.entries({
      forged: 'forged',
      undeclared: await signService('payment'),
      foreign: await signService('gateway', { aud: 'user' }),
    })) {
      await app?.close()
      build('1/10min')
      expect([name, ...(await statusesOf(2, { ...person, 'x-service-authorization': `Bearer ${token}` }))]).toEqual([name, 200, 429])
    }
  })
  it('leaves out /health, and ends with `off`', async () => {
    build('1/10min')
    expect(await statusesOf(5, {}, '127.0.0.1', '/health')).toEqual(Array(5).fill(200))
    await app?.close()
    build('off')
    expect(await statusesOf(5, { authorization: `Bearer ${await sign()}` })).toEqual(Array(5).fill(200))
  })
  it('holds for every service, as CALLER_LIMIT says', async () => {
    const running = await startService({ CALLER_LIMIT: '2/10min' })
    await expect.poll(() => statusOf(`${running.ops}/readyz`)).toBe(200)
    const statuses = []
    for (let count = 0; count < 3; count += 1) statuses.push(await statusOf(`${running.app}/nothing`))
    expect(statuses).toEqual([404, 404, 429])
    expect(await statusOf(`${running.app}/health`)).toBe(200)
    const wrong = await startService({ CALLER_LIMIT: '0/s' })
    expect((await wrong.exited).code).toBe(1)
    expect(wrong.output()).toContain('CALLER_LIMIT')
  })
})
