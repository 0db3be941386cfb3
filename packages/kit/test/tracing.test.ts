import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { startOtlpReceiver, type OtlpReceiver } from '@alcove/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newTraceparent } from '../src/index.ts'
import { killServices, startService, statusOf, type Running } from './running-service.ts'

let receiver: OtlpReceiver
beforeEach(async () => {
  receiver = await startOtlpReceiver()
})
afterEach(async () => {
  killServices()
  await receiver.close()
})

/** The fixture once it is ready; its spans go to the receiver unless `env` says otherwise. */
async function start(env: Record<string, string> = {}): Promise<Running> {
  const running = await startService({ ...receiver.env, SLOW_MS: '0', ...env })
  await expect.poll(() => statusOf(`${running.ops}/readyz`), { timeout: 50_000 }).toBe(200)
  return running
}
async function drain({ child, exited }: Running): Promise<number | null> {
  child.kill('SIGTERM')
  return (await exited).code
}
const withFlags = (traceparent: string, flags: string) => traceparent.slice(0, 53) + flags
const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
const post = (url: string, body: object, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } })

describe('a request', () => {
  it('is a span within its caller’s trace, with its route in place of path and query', async () => {
    const running = await start()
    const traceparent = withFlags(newTraceparent(), '01')
    const answer = await fetch(`${running.app}/slow`, { headers: { traceparent, 'x-request-id': 'r-1' } })
    await fetch(`${running.app}/slow?secret=hidden`, { headers: { traceparent } })
    expect([answer.status, await drain(running)]).toEqual([200, 0])
    const [span] = receiver.spans()
    expect(span).toMatchObject({ name: 'GET /slow', kind: 'server', service: 'workspace', failed: false, traceId: traceparent.slice(3, 35) })
    expect(span!.parentSpanId).toBe(traceparent.slice(36, 52))
    expect(span!.attributes).toMatchObject({
      'http.request.method': 'GET',
      'http.route': '/slow',
      'url.path': '/slow',
      'http.response.status_code': 200,
      'alcove.request_id': 'r-1',
    })
    expect(receiver.text()).not.toContain('hidden')
  })
  it('that is refused is no failure of the server; one that fails is, and neither says what the error said', async () => {
    const running = await start()
    await post(`${running.app}/fail/hidden-id`, { text: 'hidden text', status: 404 })
    await post(`${running.app}/fail/hidden-id`, { text: 'hidden text', status: 500 })
    await fetch(`${running.app}/nowhere/hidden`)
    await drain(running)
    const requests = receiver.spans().filter(({ kind }) => kind === 'server')
    expect(requests.map(({ name, failed, attributes }) => [name, attributes['http.response.status_code'], failed])).toEqual([
      ['POST /fail/:id', 404, false],
      ['POST /fail/:id', 500, true],
      ['GET', 404, false],
    ])
    expect(receiver.text()).not.toContain('hidden')
  })
  it('whose client goes away ends as failed', async () => {
    const running = await start({ SLOW_MS: '60000' })
    const gone = new AbortController()
    const asked = fetch(`${running.app}/slow`, { signal: gone.signal }).catch(() => 'gone')
    await expect.poll(() => running.output(), { timeout: 50_000 }).toContain('slow begun')
    gone.abort()
    await asked
    await expect
      .poll(() => receiver.spans(), { timeout: 50_000 })
      .toMatchObject([{ name: 'GET /slow', failed: true, attributes: { 'error.type': 'client-gone' } }])
  })
  it('of a machine that probes begins no trace', async () => {
    const running = await start()
    await fetch(`${running.app}/health`)
    await fetch(`${running.app}/slow`)
    await drain(running)
    expect(receiver.spans().map(({ name }) => name)).toEqual(['GET /slow'])
  })
})

describe('the process', () => {
  it('says of itself what the standard’s variables and its own name and version say', async () => {
    const running = await start({
      OTEL_RESOURCE_ATTRIBUTES: 'team=rooms%20%22a%22,service.name=somebody-else',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=rooms%20and%20desks',
      SERVICE_VERSION: '7.1.0',
    })
    await fetch(`${running.app}/slow`)
    await drain(running)
    expect(receiver.spans()[0]!.resource).toMatchObject({
      team: 'rooms "a"',
      'service.name': 'workspace',
      'service.namespace': 'alcove',
      'service.version': '7.1.0',
      'service.instance.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'process.pid': running.child.pid,
    })
    expect(receiver.headers()[0]).toMatchObject({ 'x-tenant': 'rooms and desks' })
  })
  it('is called what OTEL_SERVICE_NAME says', async () => {
    const running = await start({ OTEL_SERVICE_NAME: 'rooms' })
    await fetch(`${running.app}/slow`)
    await drain(running)
    expect(receiver.spans()[0]!.service).toBe('rooms')
  })
})

describe('protocols', () => {
  it('protocol buffers over HTTP are the default', async () => {
    const got: { type: string | undefined; text: string }[] = []
    const collector = createServer((request, response) => {
      let text = ''
      request.setEncoding('latin1').on('data', (part: string) => (text += part))
      request.on('end', () => {
        got.push({ type: request.headers['content-type'], text })
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
      })
    })
    const port = await listen(collector)
    const running = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_EXPORTER_OTLP_PROTOCOL: '' })
    await fetch(`${running.app}/slow`)
    await drain(running)
    collector.close()
    expect(got).toMatchObject([{ type: 'application/x-protobuf', text: expect.stringContaining('GET /slow') }])
  })
  it('gRPC', async () => {
    const got: { path: string; text: string }[] = []
    const collector = createHttp2Server()
    collector.on('stream', (stream, headers) => {
      let text = ''
      stream.setEncoding('latin1').on('data', (part: string) => (text += part))
      stream.on('end', () => {
        got.push({ path: String(headers[':path']), text })
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
        // One message of no bytes: everything was taken.
        stream.end(Buffer.from([0, 0, 0, 0, 0]))
      })
    })
    const port = await listen(collector as unknown as Server)
    const running = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })
    await fetch(`${running.app}/slow`)
    await drain(running)
    collector.close()
    expect(got).toMatchObject([{ path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export', text: expect.stringContaining('GET /slow') }])
  })
  it('an unknown one is refused at the start', async () => {
    const running = await startService({ ...receiver.env, OTEL_EXPORTER_OTLP_PROTOCOL: 'carrier-pigeon' })
    expect((await running.exited).code).toBe(1)
    expect(running.output()).toContain('OTEL_EXPORTER_OTLP_PROTOCOL must be equal to one of the allowed values: http/protobuf, http/json, grpc')
  })
})

describe('sampling', () => {
  const ask = (running: Running, traceparent: string) => fetch(`${running.app}/slow`, { headers: { traceparent } })

  it('a share of 0 records none of the traces that begin here, and the caller’s decision is followed all the same', async () => {
    const running = await start({ OTEL_TRACES_SAMPLER_ARG: '0' })
    const wanted = withFlags(newTraceparent(), '01')
    for (let count = 0; count < 20; count += 1) await fetch(`${running.app}/slow`)
    await ask(running, wanted)
    await drain(running)
    expect(receiver.spans().map(({ traceId }) => traceId)).toEqual([wanted.slice(3, 35)])
  })
  it('what a caller does not record is not recorded here, whatever the share', async () => {
    const running = await start()
    await ask(running, withFlags(newTraceparent(), '00'))
    await fetch(`${running.app}/slow`)
    await drain(running)
    expect(receiver.spans()).toMatchObject([{ parentSpanId: '' }])
  })
  it('always_off records nothing', async () => {
    const running = await start({ OTEL_TRACES_SAMPLER: 'always_off' })
    await ask(running, withFlags(newTraceparent(), '01'))
    await drain(running)
    expect(receiver.spans()).toEqual([])
  })
})

describe('a receiver that is away', () => {
  it('is told of in the log once, and the process serves and ends as ever', async () => {
    const away = await startOtlpReceiver()
    await away.close()
    const running = await start({ ...away.env, OTEL_EXPORTER_OTLP_TIMEOUT: '500', OTEL_BSP_SCHEDULE_DELAY: '50' })
    expect(await statusOf(`${running.app}/slow`)).toBe(200)
    await expect.poll(() => running.output(), { timeout: 50_000 }).toContain('spans could not be sent')
    // Its span is sent in vain too, at the latest when the process ends.
    expect(await statusOf(`${running.app}/slow`)).toBe(200)
    expect(await drain(running)).toBe(0)
    expect(
      running
        .output()
        .split('\n')
        .filter((line) => line.includes('spans could not be sent')),
    ).toHaveLength(1)
    expect(running.output()).not.toContain('"level":"error"')
  })
})
