import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '@alcove/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { baseConfigSchema, createLogger, isTraceparent, loadConfig, newTraceparent, type BaseConfig } from '../src/index.ts'
import { createOtlpTracing } from '../src/otlp.ts'

let receiver: OtlpReceiver
beforeEach(async () => {
  receiver = await startOtlpReceiver()
})
afterEach(() => receiver.close())

const lines: string[] = []
function build(env: Record<string, string> = {}) {
  const config = loadConfig({ type: 'object', properties: baseConfigSchema } as never, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...env }) as BaseConfig
  return createOtlpTracing({
    service: 'workspace',
    config,
    log: createLogger({ service: 'workspace', destination: { write: (line) => void lines.push(line) } }),
  })
}
const attributes = { 'http.request.method': 'GET' }
const withFlags = (traceparent: string, flags: string) => traceparent.slice(0, 53) + flags

describe('a span', () => {
  it('hands on a traceparent of its own within its parent’s trace, and arrives when tracing stops', async () => {
    const tracing = build()
    const parent = withFlags(newTraceparent(), '01')
    const span = tracing.start({ name: 'GET /x', kind: 'server', attributes }, { parent })
    const child = tracing.start({ name: 'GET /y', kind: 'client', attributes }, { parent: span.traceparent, links: [parent] })
    child.end({ error: 'timeout' })
    span.end({ attributes: { 'http.response.status_code': 200 } })
    await tracing.stop()
    const [first, second] = receiver.spans()
    expect(isTraceparent(span.traceparent)).toBe(true)
    expect(first).toMatchObject({ name: 'GET /y', failed: true, attributes: { 'error.type': 'timeout' }, links: [{ spanId: parent.slice(36, 52) }] })
    expect(second).toMatchObject({ traceId: parent.slice(3, 35), parentSpanId: parent.slice(36, 52), failed: false })
    expect(first!.parentSpanId).toBe(second!.spanId)
    expect(span.traceparent).toBe(`00-${second!.traceId}-${second!.spanId}-01`)
  })
})

describe('what a span holds', () => {
  const traceparents = (count: number) => Array.from({ length: count }, () => withFlags(newTraceparent(), '01'))
  it('the values of its kind and its own, in the types they have; long ones cut', async () => {
    const tracing = build()
    const subject = { name: 'GET /"x"', kind: 'client' as const, attributes: { 'a "quoted" name': 'one\n"two" – три', long: 'x'.repeat(300) } }
    tracing.start(subject).end({ attributes: { whole: 7, half: 0.5, none: Number.NaN, yes: true } })
    tracing.start(subject).end({ error: 'timeout' })
    await tracing.stop()
    const [first, second] = receiver.spans()
    const common = { 'a "quoted" name': 'one\n"two" – три', long: 'x'.repeat(256) }
    expect(first).toMatchObject({ name: 'GET /"x"', kind: 'client', failed: false, parentSpanId: '' })
    expect(first!.attributes).toEqual({ ...common, whole: 7, half: 0.5, none: 'NaN', yes: true })
    expect(second!.attributes).toEqual({ ...common, 'error.type': 'timeout' })
    expect(second!.failed).toBe(true)
  })
  it('when it began and ended, to the nanosecond', async () => {
    const tracing = build()
    const before = BigInt(Date.now()) * 1_000_000n
    const span = tracing.start({ name: 'GET /x', kind: 'server', attributes })
    await new Promise((resolve) => setTimeout(resolve, 2))
    span.end()
    const after = BigInt(Date.now() + 1) * 1_000_000n
    await tracing.stop()
    const [{ startedAtNs, endedAtNs }] = receiver.spans() as [ReceivedSpan]
    expect(startedAtNs).toBeGreaterThanOrEqual(before)
    // A timer of 2 ms may fire up to 1 ms early by the other clock.
    expect(endedAtNs - startedAtNs).toBeGreaterThan(1_000_000n)
    expect(endedAtNs).toBeLessThanOrEqual(after)
  })
  it('the last 500 of its links, and how many there were besides', async () => {
    const tracing = build()
    const links = traceparents(503)
    tracing.start({ name: 'process x', kind: 'consumer', attributes }, { links }).end()
    await tracing.stop()
    expect(receiver.spans()[0]!.links.map(({ spanId }) => spanId)).toEqual(links.slice(3).map((link) => link.slice(36, 52)))
    expect(receiver.text()).toContain('"droppedLinksCount":3')
  })
  it('the process it comes from', async () => {
    const tracing = build({ OTEL_RESOURCE_ATTRIBUTES: 'team=rooms%20%22a%22', SERVICE_VERSION: '7.1.0' })
    tracing.start({ name: 'GET /x', kind: 'server', attributes }).end()
    await tracing.stop()
    expect(receiver.spans()[0]!.resource).toMatchObject({
      team: 'rooms "a"',
      'service.name': 'workspace',
      'service.version': '7.1.0',
      'process.pid': process.pid,
    })
  })
})

describe('sending', () => {
  it('begins when there is a request full of spans; each arrives once', async () => {
    const tracing = build()
    const started = Array.from({ length: 2000 }, () => tracing.start({ name: 'GET /x', kind: 'server', attributes }))
    for (const span of started) span.end()
    await expect.poll(() => receiver.spans().length).toBeGreaterThan(500)
    await tracing.stop()
    expect(receiver.spans().map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`)).toEqual(started.map(({ traceparent }) => traceparent))
  })
  it('is tried again when a receiver is busy', async () => {
    const answers = [503, 200]
    const bodies: string[] = []
    const busy = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => bodies.push(text))
      request.on('end', () => response.writeHead(answers.shift()!).end())
    })
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve))
    const tracing = build({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(busy.address() as AddressInfo).port}` })
    tracing.start({ name: 'GET /x', kind: 'server', attributes }).end()
    await tracing.stop()
    busy.close()
    expect(answers).toEqual([])
    expect(bodies[0]).toContain('"GET /x"')
    expect(bodies[1]).toBe(bodies[0])
  })
})

describe('sampling', () => {
  const roots = async (ratio: string, count: number) => {
    const tracing = build({ OTEL_TRACES_SAMPLER_ARG: ratio })
    const flags = Array.from({ length: count }, () => {
      const span = tracing.start({ name: 'GET /x', kind: 'server', attributes })
      const child = tracing.start({ name: 'GET /y', kind: 'client', attributes }, { parent: span.traceparent })
      child.end()
      span.end()
      return span.traceparent.slice(53)
    })
    await tracing.stop()
    return flags.filter((flag) => flag === '01').length
  }
  it.each([
    ['0', 0, 0],
    ['1', 400, 400],
    // Six standard deviations of a coin thrown 400 times.
    ['0.5', 140, 260],
  ])('a share of %s of the traces that begin here', async (ratio, least, most) => {
    const sampled = await roots(ratio, 400)
    expect(sampled).toBeGreaterThanOrEqual(least)
    expect(sampled).toBeLessThanOrEqual(most)
    expect(receiver.spans()).toHaveLength(sampled * 2)
  })
  it('nothing of a trace that began where nothing is recorded: its first spans would be missing', async () => {
    const always = build()
    const parent = newTraceparent()
    const span = always.start({ name: 'GET /x', kind: 'server', attributes }, { parent })
    span.end()
    await always.stop()
    expect(span.traceparent).toBe(parent)
    expect(receiver.spans()).toEqual([])
  })
  it('the caller’s decision, whatever the share', async () => {
    const never = build({ OTEL_TRACES_SAMPLER_ARG: '0' })
    const sampled = never.start({ name: 'GET /x', kind: 'server', attributes }, { parent: withFlags(newTraceparent(), '01') })
    sampled.end()
    await never.stop()
    const always = build()
    const parent = withFlags(newTraceparent(), '00')
    const unsampled = always.start({ name: 'GET /x', kind: 'server', attributes }, { parent })
    unsampled.end()
    await always.stop()
    expect(sampled.traceparent.slice(53)).toBe('01')
    expect(unsampled.traceparent).toBe(parent)
    expect(receiver.spans()).toHaveLength(1)
  })
})

describe('a receiver that is away', () => {
  it('is told of in the log once a minute, and nothing throws', async () => {
    const away = await startOtlpReceiver()
    await away.close()
    const tracing = build({ OTEL_EXPORTER_OTLP_ENDPOINT: away.url })
    lines.length = 0
    // Three requests' worth: the first that fails ends it, or stopping would take as long as all of them.
    for (let count = 0; count < 1500; count += 1) tracing.start({ name: 'GET /x', kind: 'server', attributes }).end()
    await tracing.stop()
    expect(lines.filter((line) => line.includes('spans could not be sent'))).toHaveLength(1)
    expect(lines.join('')).not.toContain('"level":"error"')
  })
})
