import { startOtlpReceiver } from '@alcove/testing'
import type { Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { killServices, startService as start, statusOf, takePort, type Running } from './running-service.ts'

const servers: Server[] = []
afterEach(() => {
  killServices()
  for (const server of servers.splice(0)) server.close()
})

const untilReady = (running: Running) => expect.poll(() => statusOf(`${running.ops}/readyz`)).toBe(200)
const put = (url: string, body: object) => statusOf(url, { method: 'PUT', body: JSON.stringify(body) })

describe('a configuration that is not usable', () => {
  it('ends the process with every problem listed', async () => {
    const running = await start({ GREETING: '', SLOW_MS: 'soon', LOG_LEVEL: 'loud' })
    expect((await running.exited).code).toBe(1)
    for (const name of ['GREETING', 'SLOW_MS', 'LOG_LEVEL']) expect(running.output()).toContain(name)
  })
})

describe('a port in use', () => {
  it('is named, and the process ends', async () => {
    const { port, server } = await takePort()
    servers.push(server)
    const running = await start({ PORT: String(port) })
    expect((await running.exited).code).toBe(1)
    expect(running.output()).toContain(`port ${port} is already in use`)
  })
})

describe('probes', () => {
  it('show each check, and liveness asks no dependency', async () => {
    const running = await start()
    await untilReady(running)
    expect(await statusOf(`${running.ops}/startupz`)).toBe(200)
    running.child.kill('SIGUSR2')
    await expect.poll(() => statusOf(`${running.ops}/readyz`)).toBe(503)
    const verbose = (await (await fetch(`${running.ops}/readyz?verbose`)).json()) as unknown
    expect(verbose).toEqual({ status: 'unready', checks: { parts: { ok: true }, database: { ok: false, detail: 'no database' } } })
    expect(await statusOf(`${running.ops}/livez`)).toBe(200)
    expect(await (await fetch(`${running.ops}/metrics`)).text()).toContain('process_cpu_user_seconds_total{service="workspace"}')
    expect(await statusOf(`${running.ops}/internal`)).toBe(404)
    expect(await statusOf(`${running.app}/internal/status`)).toBe(401)
  })
})

describe('a part that cannot start yet', () => {
  it('costs readiness and nothing else, until it can', async () => {
    const running = await start({ BROKEN: 'on' })
    await expect.poll(() => statusOf(`${running.ops}/startupz`)).toBe(200)
    const verbose = (await (await fetch(`${running.ops}/readyz?verbose`)).json()) as unknown
    expect(verbose).toMatchObject({ status: 'unready', checks: { parts: { ok: false, detail: 'not started yet: consumer' } } })
    running.child.kill('SIGUSR2')
    await untilReady(running)
    expect(
      running
        .output()
        .match(/no broker|consumer started|pool opened/g)
        ?.filter((what, index, all) => what !== all[index - 1]),
    ).toEqual(['no broker', 'consumer started', 'pool opened'])
  })
  it('does not keep the process from leaving', async () => {
    const running = await start({ BROKEN: 'on' })
    await expect.poll(() => running.output()).toContain('no broker')
    running.child.kill('SIGTERM')
    expect((await running.exited).code).toBe(0)
    expect(running.output()).not.toContain('pool opened')
  })
})

describe('draining', () => {
  it('answers what is in flight, then closes in order and leaves', async () => {
    const running = await start({ SLOW_MS: '800' })
    await untilReady(running)
    const inFlight = fetch(`${running.app}/slow`)
    await expect.poll(() => running.output()).toContain('slow begun')
    running.child.kill('SIGTERM')
    await expect.poll(() => statusOf(`${running.ops}/readyz`)).toBe(503)
    const answer = await inFlight
    expect([answer.status, await answer.json()]).toEqual([200, { done: true }])
    expect((await running.exited).code).toBe(0)
    const output = running.output()
    const order = ['consumer stopped', 'relay emptied', 'broker left', 'pool closed', 'telemetry ended'].map((line) => output.indexOf(line))
    expect(order).toEqual(order.toSorted((left, right) => left - right))
    expect(order).not.toContain(-1)
    expect(output).toContain('"drained"')
    expect(output).not.toContain('did not stop')
    expect(await statusOf(`${running.app}/health`)).toBeUndefined()
  })
  it('still accepts a request on an open connection, and ends that connection', async () => {
    const running = await start({ SLOW_MS: '10', DRAIN_DELAY_MS: '1500' })
    await untilReady(running)
    running.child.kill('SIGTERM')
    await expect.poll(() => running.output()).toContain('"draining"')
    const answer = await fetch(`${running.app}/slow`)
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close'])
    expect((await running.exited).code).toBe(0)
  })
  it('ends at once on a second signal', async () => {
    const running = await start({ SLOW_MS: '30000' })
    await untilReady(running)
    const inFlight = fetch(`${running.app}/slow`).catch(() => 'broken')
    await expect.poll(() => running.output()).toContain('slow begun')
    running.child.kill('SIGTERM')
    await expect.poll(() => running.output()).toContain('"draining"')
    running.child.kill('SIGTERM')
    expect((await running.exited).code).toBe(1)
    expect(await inFlight).toBe('broken')
  })
  it('does not wait longer than it may', async () => {
    const running = await start({ SLOW_MS: '30000', DRAIN_TIMEOUT_MS: '300' })
    await untilReady(running)
    fetch(`${running.app}/slow`).catch(() => undefined)
    await expect.poll(() => running.output()).toContain('slow begun')
    running.child.kill('SIGTERM')
    expect((await running.exited).code).toBe(0)
    expect(running.output()).toContain('did not stop in time')
  })
})

describe('tracing', () => {
  const namer = ['--import', new URL('fixtures/name-modules.ts', import.meta.url).href]

  it('that is not configured loads nothing that could record or send', async () => {
    const running = await start({}, namer)
    await untilReady(running)
    expect(await statusOf(`${running.app}/slow`)).toBe(200)
    running.child.kill('SIGTERM')
    await running.exited
    expect(running.output()).not.toMatch(/loads @opentelemetry\/(?!api)/)
  })
  it('has sent the spans of the last requests when the process has drained', async () => {
    const receiver = await startOtlpReceiver()
    const running = await start({ ...receiver.env, SLOW_MS: '500' }, namer)
    await untilReady(running)
    const inFlight = fetch(`${running.app}/slow`)
    await expect.poll(() => running.output()).toContain('slow begun')
    running.child.kill('SIGTERM')
    expect((await inFlight).status).toBe(200)
    expect((await running.exited).code).toBe(0)
    expect(receiver.spans()).toMatchObject([{ service: 'workspace', name: 'GET /slow', kind: 'server', attributes: { 'http.response.status_code': 200 } }])
    expect(running.output()).toContain('loads @opentelemetry/sdk-node')
    await receiver.close()
  })
})

describe('test controls', () => {
  it('kill this very process at an armed point', async () => {
    const running = await start()
    await untilReady(running)
    expect(await put(`${running.ops}/kill-point`, { name: 'nowhere' })).toBe(400)
    expect(await put(`${running.ops}/kill-point`, { name: 'in-slow', skip: 1 })).toBe(200)
    expect(await statusOf(`${running.app}/slow`)).toBe(200)
    expect(await statusOf(`${running.app}/slow`)).toBeUndefined()
    expect((await running.exited).signal).toBe('SIGKILL')
  })
  it('pause and resume consumers', async () => {
    const running = await start()
    await untilReady(running)
    await put(`${running.ops}/consumers`, { paused: true })
    await put(`${running.ops}/consumers`, { paused: false })
    expect(running.output()).toMatch(/paused\s[\s\S]*resumed/)
  })
  it('open and close the breakers that a service has', async () => {
    const running = await start()
    await untilReady(running)
    expect(await put(`${running.ops}/breaker`, { callee: 'booking', state: 'open' })).toBe(200)
    expect(await put(`${running.ops}/breaker`, { callee: 'booking', state: 'ajar' })).toBe(400)
    expect(await put(`${running.ops}/breaker`, { callee: 'reporting', state: 'open' })).toBe(400)
    expect(running.output()).toContain('breaker of booking: open')
  })
  it('show where connections were opened to, by whatever means', async () => {
    const running = await start()
    await untilReady(running)
    const list = async () => (await (await fetch(`${running.ops}/connections`)).json()) as { items: { address: string; count: number }[] }
    expect((await list()).items).toEqual([])
    expect(await statusOf(`${running.app}/reach?url=${encodeURIComponent(`${running.ops}/livez`)}`)).toBe(200)
    expect((await list()).items).toEqual([{ address: new URL(running.ops).host, count: 1 }])
  })
  it('do not exist unless they are on', async () => {
    const running = await start({ TEST_CONTROLS: 'off' })
    await untilReady(running)
    expect(await put(`${running.ops}/kill-point`, { name: 'in-slow' })).toBe(404)
    expect(await put(`${running.ops}/consumers`, { paused: true })).toBe(404)
    expect(await put(`${running.ops}/breaker`, { callee: 'booking', state: 'open' })).toBe(404)
    expect(await statusOf(`${running.ops}/connections`)).toBe(404)
  })
})
