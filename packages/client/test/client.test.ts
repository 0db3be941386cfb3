import { authorizeAttempt, createRefund, getAccount, getMe, getPerson, listSchedules, removeTeamMember, updateMe } from '@alcove/contracts'
import { createDeadline, newId } from '@alcove/kit'
import { rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CalleeProblem, DependencyError } from '../src/index.ts'
import { compilePath } from '../src/url.ts'
import { buildTestClient, listen, sendJson, startServer, type TestClient, type TestServer } from './build-test-client.ts'

let server: TestServer
let test: TestClient
beforeEach(async () => {
  server = await startServer()
  // Longer than any test: an open breaker stays open while it is looked at.
  test = buildTestClient(server.url, { breaker: { resetTimeoutMs: 300_000 } })
})
/** For what follows the opening. A probe's failure is seen within this time, also on a busy machine. */
async function shortenReset(): Promise<void> {
  await test.close()
  test = buildTestClient(server.url, { breaker: { resetTimeoutMs: 2000 } })
}
afterEach(async () => {
  await test.close()
  await server.close()
})

const params = { id: newId() }
const unsafe = listSchedules
const body = { from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' }
const attempt = { bookingId: newId(), userId: newId(), method: 'card' as const, token: 'tok_ok', amountMinor: 1, amountCredits: 0, currency: 'EUR' }
const failureOf = async (work: Promise<unknown>): Promise<DependencyError> => {
  const error: unknown = await work.then(
    () => 'no failure',
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(DependencyError)
  return error as DependencyError
}
const stateOf = (callee: string) => test.client.breakers().find((breaker) => breaker.callee === callee)!.state

describe('a call', () => {
  it('carries token, deadline, ids and body, and brings the typed answer', async () => {
    server.answer((response) => sendJson(response, 200, { spaces: [1] }, { etag: '"1"' }))
    const answer = await test.client.call(
      unsafe,
      { body },
      { deadline: createDeadline(60_000), requestId: 'r1', traceparent: 'tp', headers: { 'x-extra': '1' } },
    )
    expect(answer).toMatchObject({ status: 200, body: { spaces: [1] }, headers: { etag: '"1"' } })
    expect(server.asked[0]).toMatchObject({ method: 'POST', url: '/internal/schedules', body: JSON.stringify(body) })
    expect(server.asked[0]!.headers).toMatchObject({
      'x-service-authorization': 'Bearer token-for-workspace',
      'x-service-name': 'booking',
      'x-request-id': 'r1',
      traceparent: 'tp',
      'x-extra': '1',
    })
    const told = Number(server.asked[0]!.headers['x-request-deadline-ms'])
    expect(told).toBeGreaterThan(0)
    expect(told).toBeLessThan(60_000)
  })
  it('puts parameters into path and query, percent-encoded, lists repeated', () => {
    const path = compilePath('/v1/things/{id}/x')
    expect(path({ id: 'a/b?c' }, { tag: ['x y', 'ü'], limit: undefined, page: 2 })).toBe('/v1/things/a%2Fb%3Fc/x?tag=x%20y&tag=%C3%BC&page=2')
    expect(() => path({}, {})).toThrow(/needs id/)
    expect(() => path({ id: '' }, {})).toThrow(/needs id/)
  })
  it('on behalf of a person carries the person’s token and its own, and goes on without its own', async () => {
    await test.client.call(getMe, {}, { userToken: 'ut' })
    expect(server.asked[0]!.headers.authorization).toBe('Bearer ut')
    expect(server.asked[0]!.headers['x-service-authorization']).toBe('Bearer token-for-user')
    rmSync(test.tokenDir, { recursive: true })
    await test.close()
    test = buildTestClient(server.url)
    rmSync(test.tokenDir, { recursive: true })
    await test.client.call(getMe, {}, { userToken: 'ut' })
    expect(server.asked[1]!.headers['x-service-authorization']).toBeUndefined()
  })
  it('that the graph does not declare is refused before any connection', async () => {
    await expect(test.client.call(getAccount, { params })).rejects.toThrow(/booking does not declare that it calls auth/)
    expect(server.connections()).toBe(0)
    expect(await test.metrics.metrics()).toContain('alcove_client_refusals_total{callee="auth",by="graph"} 1')
  })
  it('reads its token again when the file changes, and is unsent without one', async () => {
    await test.client.call(getPerson, { params })
    writeFileSync(join(test.tokenDir, 'user'), 'renewed')
    await expect
      .poll(
        async () => {
          await test.client.call(getPerson, { params })
          return server.asked.at(-1)!.headers['x-service-authorization']
        },
        { timeout: 50_000 },
      )
      .toBe('Bearer renewed')
    unlinkSync(join(test.tokenDir, 'payment'))
    expect(await failureOf(test.client.call(authorizeAttempt, { params, body: attempt }))).toMatchObject({ callee: 'payment', sent: false, reason: 'refused' })
  })
})

describe('what the callee refuses', () => {
  it('is a CalleeProblem and no failure of the callee', async () => {
    server.answer((response) => sendJson(response, 404, { type: '/problems/not-found', title: '', status: 404, detail: 'gone' }))
    for (let count = 0; count < 20; count += 1) {
      const error: unknown = await test.client.call(getPerson, { params }).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(CalleeProblem)
      expect(error).toMatchObject({ callee: 'user', status: 404, slug: 'not-found', problem: { detail: 'gone' } })
    }
    expect(stateOf('user')).toBe('closed')
  })
  it('because of our token was certainly not carried out', async () => {
    server.answer((response) => sendJson(response, 401, { type: '/problems/unauthenticated', detail: '' }))
    expect(await failureOf(test.client.call(unsafe, { body }))).toMatchObject({ sent: false, reason: 'status', calleeStatus: 401 })
  })
  it('in other words than problem+json is no usable answer', async () => {
    server.answer((response) => response.writeHead(404).end('<html>'))
    expect(await failureOf(test.client.call(getPerson, { params }))).toMatchObject({ sent: true, reason: 'status', calleeStatus: 404 })
    server.answer((response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{broken'))
    expect(await failureOf(test.client.call(getPerson, { params }))).toMatchObject({ sent: true, reason: 'status' })
  })
})

describe('sent or not sent', () => {
  it('any 5xx: sent, with the callee’s Retry-After', async () => {
    server.answer((response) => sendJson(response, 503, {}, { 'retry-after': '17' }))
    expect(await failureOf(test.client.call(authorizeAttempt, { params, body: attempt }))).toMatchObject({
      sent: true,
      reason: 'status',
      calleeStatus: 503,
      retryAfterSeconds: 17,
    })
    expect(server.asked).toHaveLength(1)
  })
  it('a refused connection: not sent', async () => {
    await server.close()
    expect(await failureOf(test.client.call(unsafe, { body }))).toMatchObject({ sent: false, reason: 'refused' })
  })
  it('a connection broken before the answer: sent, and an unsafe request is not repeated', async () => {
    server.answer((response) => response.socket!.destroy())
    expect(await failureOf(test.client.call(unsafe, { body }))).toMatchObject({ sent: true, reason: 'reset' })
    expect(server.asked).toHaveLength(1)
  })
  it('a connection broken in the middle of the answer: sent', async () => {
    server.answer((response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('x', () => response.socket!.destroy())
    })
    expect(await failureOf(test.client.call(unsafe, { body }))).toMatchObject({ sent: true, reason: 'reset' })
  })
  it('no answer in time: sent', async () => {
    server.answer(() => undefined)
    expect(await failureOf(test.client.call(unsafe, { body }, { timeoutMs: 2000 }))).toMatchObject({ sent: true, reason: 'timeout' })
    expect(server.asked).toHaveLength(1)
  })
  it('an answer that begins and never ends: sent', async () => {
    server.answer((response) => response.writeHead(200, { 'content-length': '100' }).write('x'))
    expect(await failureOf(test.client.call(unsafe, { body }, { timeoutMs: 2000 }))).toMatchObject({ sent: true, reason: 'timeout' })
  })
  it('given up while all connections are taken: not sent, and never sent afterwards', async () => {
    await test.close()
    test = buildTestClient(server.url, { concurrencyMax: 1 })
    let release = () => {}
    server.answer((response) => (release = () => sendJson(response, 200, {})))
    const first = test.client.call(unsafe, { body })
    await expect.poll(() => server.asked.length).toBe(1)
    expect(await failureOf(test.client.call(unsafe, { body }))).toMatchObject({ sent: false, reason: 'bulkhead' })
    const text = await test.metrics.metrics()
    expect(text).toContain('alcove_client_refusals_total{callee="workspace",by="bulkhead"} 1')
    expect(text).toContain('alcove_client_requests_in_flight{callee="workspace"} 1')
    release()
    await first
    expect(server.asked).toHaveLength(1)
    expect(await test.metrics.metrics()).toContain('alcove_client_requests_in_flight{callee="workspace"} 0')
  })
  it('a deadline that has passed: not sent', async () => {
    expect(await failureOf(test.client.call(unsafe, { body }, { deadline: createDeadline(0) }))).toMatchObject({ sent: false, reason: 'timeout' })
    expect(server.connections()).toBe(0)
  })
  it('a server that accepts and never speaks: sent', async () => {
    const silent = createTcpServer(() => undefined)
    await listen(silent)
    const quiet = buildTestClient(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`)
    expect(await failureOf(quiet.client.call(unsafe, { body }, { timeoutMs: 2000 }))).toMatchObject({ sent: true, reason: 'timeout' })
    await quiet.close()
    silent.close()
  })
  it('an address that does not answer: not sent, after the connect timeout', async () => {
    // TEST-NET-1 (RFC 5737) routes nowhere: either the timeout or an unreachable network, both before anything was sent.
    const nowhere = buildTestClient('http://192.0.2.1:81', { connectTimeoutMs: 100 })
    expect(await failureOf(nowhere.client.call(unsafe, { body }, { timeoutMs: 3000 }))).toMatchObject({ sent: false })
    await nowhere.close()
  })
  it('a caller that goes away ends the call', async () => {
    server.answer(() => undefined)
    const controller = new AbortController()
    const asked = failureOf(test.client.call(unsafe, { body }, { signal: controller.signal }))
    await expect.poll(() => server.asked.length).toBe(1)
    controller.abort()
    expect(await asked).toMatchObject({ sent: true, reason: 'timeout' })
    expect(await failureOf(test.client.call(unsafe, { body }, { signal: controller.signal }))).toMatchObject({ sent: false })
  })
})

describe('retries', () => {
  it('a safe request once more after a broken connection', async () => {
    server.answer((response, count) => (count === 1 ? response.socket!.destroy() : sendJson(response, 200, { ok: true })))
    expect((await test.client.call(getPerson, { params })).body).toEqual({ ok: true })
    expect(server.asked).toHaveLength(2)
  })
  it('a PUT once more, because it may be repeated', async () => {
    server.answer((response, count) => (count === 1 ? response.socket!.destroy() : sendJson(response, 200, { ok: true })))
    expect((await test.client.call(authorizeAttempt, { params, body: attempt })).body).toEqual({ ok: true })
  })
  it('not after a timeout and not after an answer', async () => {
    server.answer((response) => sendJson(response, 500, {}))
    await failureOf(test.client.call(getPerson, { params }))
    expect(server.asked).toHaveLength(1)
  })
  it('a POST only with the key by which its callee knows a repeat, a DELETE always, a PATCH never', async () => {
    const count = async (work: Promise<unknown>) => {
      const before = server.asked.length
      await failureOf(work)
      return server.asked.length - before
    }
    server.answer((response) => response.socket!.destroy())
    const key = { headers: { 'idempotency-key': 'k1' } }
    const refund = { params, body: { reason: 'because' } }
    expect(await count(test.client.call(createRefund, refund, { userToken: 'ut' }))).toBe(1)
    expect(await count(test.client.call(createRefund, refund, { userToken: 'ut', ...key }))).toBe(2)
    expect(await count(test.client.call(listSchedules, { body }, key))).toBe(1)
    expect(await count(test.client.call(updateMe, { body: {} }, { userToken: 'ut', ...key }))).toBe(1)
    expect(await count(test.client.call(removeTeamMember, { params: { ...params, userId: newId() } }, { userToken: 'ut' }))).toBe(2)
  })
  it('that were certainly not sent do not make the first try unsent', async () => {
    server.answer((response) => {
      response.socket!.destroy()
      void server.close()
    })
    expect(await failureOf(test.client.call(authorizeAttempt, { params, body: attempt }))).toMatchObject({ sent: true, reason: 'refused' })
    expect(server.asked).toHaveLength(1)
    server = await startServer()
  })
  it('are not made when the deadline would pass first', async () => {
    server.answer((response) => response.socket!.destroy())
    expect(
      await failureOf(test.client.call(getPerson, { params }, { deadline: { remainingMs: () => (server.asked.length === 0 ? 5000 : 24) } })),
    ).toMatchObject({ sent: true })
    expect(server.asked).toHaveLength(1)
  })
  it('add less than 20 % to the load of a callee that fails, in part or wholly', async () => {
    const measure = async (settings: object, failing: (count: number) => boolean) => {
      await test.close()
      test = buildTestClient(server.url, { breaker: settings })
      server.asked.length = 0
      server.answer((response, count) => (failing(count) ? response.socket!.destroy() : sendJson(response, 200, {})))
      for (let round = 0; round < 30; round += 1) {
        await Promise.all(Array.from({ length: 10 }, () => test.client.call(getPerson, { params }).catch(() => undefined)))
      }
      return server.asked.length
    }
    const wellBelowTheBreaker = await measure({}, (count) => count % 3 === 0)
    expect(stateOf('user')).toBe('closed')
    expect(wellBelowTheBreaker).toBeGreaterThan(300)
    expect(wellBelowTheBreaker).toBeLessThan(360)
    const withoutAnyBreaker = await measure({ consecutiveFailuresMax: 10_000, volumeThreshold: 10_000 }, () => true)
    expect(withoutAnyBreaker).toBeGreaterThan(300)
    expect(withoutAnyBreaker).toBeLessThan(360)
    expect(await measure({}, () => true)).toBeLessThan(60)
    expect(stateOf('user')).not.toBe('closed')
    const text = await test.metrics.metrics()
    expect(text).toMatch(/alcove_client_retries_total\{callee="user",outcome="made"\} \d/)
    expect(text).toMatch(/alcove_client_retries_total\{callee="user",outcome="over-budget"\} \d/)
  })
  it('stay within their budget', async () => {
    await test.close()
    test = buildTestClient(server.url, { breaker: { consecutiveFailuresMax: 1000, volumeThreshold: 1000 } })
    server.answer((response) => response.socket!.destroy())
    for (let count = 0; count < 30; count += 1) await failureOf(test.client.call(getPerson, { params }))
    // Five saved up, and a tenth of the calls since.
    expect(server.asked.length).toBeGreaterThanOrEqual(35)
    expect(server.asked.length).toBeLessThanOrEqual(38)
  })
})

describe('a read passed on', () => {
  const sink = { onHead: () => undefined, onData: () => true, onEnd: () => undefined, onBreak: () => undefined }
  const pass = (method: string, changes: object = {}) => {
    const request = { method, path: '/v1/spaces', template: '/v1/spaces', traceparent: 'tp', headers: {}, body: null, timeoutMs: 5000, timeoutCounts: true }
    return test.client.forward('workspace', { ...request, ...changes }, sink)
  }
  it('that is broken off is sent again twice at most, with what time is left', async () => {
    server.answer((response, count) => (count < 3 ? response.socket!.destroy() : sendJson(response, 200, {})))
    expect(await pass('GET')).toBe(200)
    const budgets = server.asked.map(({ headers }) => Number(headers['x-request-deadline-ms']))
    expect(budgets).toHaveLength(3)
    expect(budgets[1]! < budgets[0]! && budgets[2]! < budgets[1]!).toBe(true)
    server.answer((response) => response.socket!.destroy())
    expect(await failureOf(pass('HEAD'))).toMatchObject({ reason: 'reset' })
    expect(server.asked).toHaveLength(6)
  })
  it('that is refused is sent again when the callee is back', async () => {
    const { port } = new URL(server.url)
    await server.close()
    const answer = pass('GET')
    server = await startServer(Number(port))
    expect(await answer).toBe(200)
  })
  it('is not sent again after an answer, after a timeout, when its caller left, nor when it is a write', async () => {
    server.answer((response) => sendJson(response, 503, {}))
    expect(await pass('GET')).toBe(503)
    server.answer(() => undefined)
    await failureOf(pass('GET', { timeoutMs: 2000 }))
    expect(server.asked).toHaveLength(2)
    const controller = new AbortController()
    server.answer((response) => {
      controller.abort()
      response.socket!.destroy()
    })
    await failureOf(pass('GET', { signal: controller.signal }))
    server.answer((response) => response.socket!.destroy())
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) await failureOf(pass(method))
    expect(server.asked).toHaveLength(7)
  })
  it('stays within the retry budget', async () => {
    await test.close()
    test = buildTestClient(server.url, { breaker: { consecutiveFailuresMax: 1000, volumeThreshold: 1000 } })
    server.answer((response) => response.socket!.destroy())
    for (let count = 0; count < 30; count += 1) await failureOf(pass('GET'))
    expect(server.asked.length).toBeGreaterThanOrEqual(35)
    expect(server.asked.length).toBeLessThanOrEqual(38)
  })
})

describe('the breaker', () => {
  const fail = async (count: number) => {
    for (let done = 0; done < count; done += 1) await failureOf(test.client.call(unsafe, { body }))
  }
  it('opens after failures in a row, opens no connection then, and says when to come back', async () => {
    server.answer((response) => sendJson(response, 500, {}))
    await fail(5)
    expect(stateOf('workspace')).toBe('open')
    const before = server.asked.length
    expect(await failureOf(test.client.call(unsafe, { body }))).toMatchObject({
      sent: false,
      reason: 'open',
      retryAfterSeconds: expect.toSatisfy((seconds: number) => seconds > 100 && seconds <= 300),
    })
    expect(server.asked).toHaveLength(before)
    expect(stateOf('user')).toBe('closed')
  })
  it('lets one probe through and closes by itself when it succeeds', async () => {
    await shortenReset()
    server.answer((response) => sendJson(response, 500, {}))
    await fail(5)
    let release = () => {}
    server.answer((response) => (release = () => sendJson(response, 200, {})))
    await expect.poll(() => stateOf('workspace')).toBe('half-open')
    const before = server.asked.length
    const probe = test.client.call(unsafe, { body })
    await expect.poll(() => server.asked.length).toBe(before + 1)
    expect(await failureOf(test.client.call(unsafe, { body }))).toMatchObject({ sent: false, reason: 'open' })
    expect(server.asked).toHaveLength(before + 1)
    release()
    await probe
    expect(stateOf('workspace')).toBe('closed')
  })
  it('stays open when the probe fails', async () => {
    await shortenReset()
    server.answer((response) => sendJson(response, 500, {}))
    await fail(5)
    await expect.poll(() => stateOf('workspace')).toBe('half-open')
    await fail(1)
    expect(stateOf('workspace')).toBe('open')
  })
  it('opens when half of many fail, also between successes', async () => {
    await test.close()
    test = buildTestClient(server.url, { breaker: { consecutiveFailuresMax: 1000 } })
    server.answer((response, count) => sendJson(response, count % 2 === 0 ? 200 : 500, {}))
    for (let count = 0; count < 20 && stateOf('workspace') === 'closed'; count += 1) await test.client.call(unsafe, { body }).catch(() => undefined)
    expect(stateOf('workspace')).toBe('open')
  })
  it('does not mind callers who give less than the callee’s own time, however close to it', async () => {
    server.answer(() => undefined)
    const ask = (budgetMs: number) => failureOf(test.client.call(unsafe, { body }, { timeoutMs: 1200, deadline: createDeadline(budgetMs) }))
    await Promise.all([...Array<number>(10).fill(20), ...Array<number>(10).fill(1250)].map(ask))
    expect(stateOf('workspace')).toBe('closed')
    await Promise.all(Array<number>(5).fill(1400).map(ask))
    expect(stateOf('workspace')).toBe('open')
  })
  it('does not mind callers who go away', async () => {
    server.answer(() => undefined)
    for (let count = 0; count < 10; count += 1) {
      const controller = new AbortController()
      const asked = failureOf(test.client.call(unsafe, { body }, { signal: controller.signal }))
      await expect.poll(() => server.asked.length).toBe(count + 1)
      controller.abort()
      await asked
    }
    expect(stateOf('workspace')).toBe('closed')
  })
  it('does not mind requests that cannot be sent, and no connection is opened for them', async () => {
    const bad: [string, string][] = [
      ['x-bad', 'a\nb'],
      ['transfer-encoding', 'chunked'],
      ['expect', '100-continue'],
      ['bad name', 'x'],
      ['x-huge', 'x'.repeat(16_000)],
    ]
    for (const headers of bad.map((header) => Object.fromEntries([header]))) {
      for (let count = 0; count < 6; count += 1) {
        expect(await failureOf(test.client.call(unsafe, { body }, { headers }))).toMatchObject({ sent: false, reason: 'unsendable' })
      }
    }
    const sink = { onHead: () => undefined, onData: () => true, onEnd: () => undefined, onBreak: () => undefined }
    for (const path of ['http://elsewhere/v1/spaces', 'v1/spaces', '/v1/a b', '/v1/\u0000', '']) {
      for (let count = 0; count < 6; count += 1) {
        const request = { method: 'GET', path, template: '/v1/spaces', traceparent: 'tp', headers: {}, body: null, timeoutMs: 5000, timeoutCounts: true }
        expect(await failureOf(test.client.forward('workspace', request, sink))).toMatchObject({ sent: false, reason: 'unsendable' })
      }
    }
    expect([stateOf('workspace'), server.connections()]).toEqual(['closed', 0])
  })
  it('does not mind that what takes an answer fails: the fault is on this side', async () => {
    const refuse = () => {
      throw new Error('cannot take it')
    }
    const taking = { onHead: () => undefined, onData: () => true, onEnd: () => undefined, onBreak: () => undefined }
    const request = {
      method: 'POST',
      path: '/v1/spaces',
      template: '/v1/spaces',
      traceparent: 'tp',
      headers: {},
      body: null,
      timeoutMs: 5000,
      timeoutCounts: true,
    }
    for (let count = 0; count < 6; count += 1) {
      await expect(test.client.forward('workspace', request, { ...taking, onHead: refuse })).rejects.toThrow('cannot take it')
      const broken = Promise.withResolvers<Error>()
      await test.client.forward('workspace', request, { ...taking, onData: refuse, onBreak: broken.resolve })
      expect((await broken.promise).message).toBe('cannot take it')
    }
    expect(stateOf('workspace')).toBe('closed')
  })
  it('sees a dead callee also between requests that say nothing about it', async () => {
    server.answer((response) => response.socket!.destroy())
    for (let count = 0; count < 5; count += 1) {
      await fail(1)
      await failureOf(test.client.call(unsafe, { body }, { deadline: createDeadline(0) }))
      await failureOf(test.client.call(unsafe, { body }, { signal: AbortSignal.abort() }))
    }
    expect(stateOf('workspace')).toBe('open')
  })
  it('asks for another probe when one says nothing, and when one takes long', async () => {
    await shortenReset()
    server.answer((response) => sendJson(response, 500, {}))
    await fail(5)
    await expect.poll(() => stateOf('workspace'), { timeout: 50_000 }).toBe('half-open')
    server.answer(() => undefined)
    for (let count = 0; count < 10; count += 1) await failureOf(test.client.call(unsafe, { body }, { signal: AbortSignal.abort() }))
    expect(stateOf('workspace')).toBe('half-open')
    const before = server.asked.length
    const slow = failureOf(test.client.call(unsafe, { body }))
    await expect.poll(() => server.asked.length).toBe(before + 1)
    server.answer((response) => sendJson(response, 200, {}))
    await expect
      .poll(
        () =>
          test.client.call(unsafe, { body }).then(
            () => 'answered',
            () => 'refused',
          ),
        { timeout: 50_000 },
      )
      .toBe('answered')
    expect(stateOf('workspace')).toBe('closed')
    await slow
  })
  it('is opened and closed by hand, for tests, like by failures', async () => {
    server.answer((response) => sendJson(response, 200, {}))
    expect(test.client.forceBreaker('workspace', 'open')).toBe(true)
    expect(await failureOf(test.client.call(unsafe, { body }))).toMatchObject({ sent: false, reason: 'open' })
    expect(server.asked).toHaveLength(0)
    test.client.forceBreaker('workspace', 'closed')
    await test.client.call(unsafe, { body })
    expect(stateOf('workspace')).toBe('closed')
    expect(test.client.forceBreaker('reporting', 'open')).toBe(false)
  })
  it('shows in the metrics', async () => {
    server.answer((response) => sendJson(response, 500, {}))
    await fail(6)
    const text = await test.metrics.metrics()
    expect(text).toContain('alcove_circuit_breaker_state{caller="booking",callee="workspace",state="open"} 1')
    expect(text).toContain('alcove_circuit_breaker_state{caller="booking",callee="user",state="closed"} 1')
    expect(text).toContain('alcove_client_request_duration_seconds_count{callee="workspace",outcome="5xx"} 5')
    expect(text).toContain('alcove_client_request_duration_seconds_count{callee="workspace",outcome="open"} 1')
    expect(text).toContain('alcove_client_refusals_total{callee="workspace",by="breaker"} 1')
  })
})
