import { startOtlpReceiver, type OtlpReceiver } from '@alcove/testing'
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
    const span = tracing.start({ name: 'GET /x', kind: 'server', parent, attributes })
    const child = tracing.start({ name: 'GET /y', kind: 'client', parent: span.traceparent, links: [parent], attributes })
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

describe('sampling', () => {
  const roots = async (ratio: string, count: number) => {
    const tracing = build({ OTEL_TRACES_SAMPLER_ARG: ratio })
    const flags = Array.from({ length: count }, () => {
      const span = tracing.start({ name: 'GET /x', kind: 'server', attributes })
      const child = tracing.start({ name: 'GET /y', kind: 'client', parent: span.traceparent, attributes })
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
    const span = always.start({ name: 'GET /x', kind: 'server', parent, attributes })
    span.end()
    await always.stop()
    expect(span.traceparent).toBe(parent)
    expect(receiver.spans()).toEqual([])
  })
  it('the caller’s decision, whatever the share', async () => {
    const never = build({ OTEL_TRACES_SAMPLER_ARG: '0' })
    const sampled = never.start({ name: 'GET /x', kind: 'server', parent: withFlags(newTraceparent(), '01'), attributes })
    sampled.end()
    await never.stop()
    const always = build()
    const parent = withFlags(newTraceparent(), '00')
    const unsampled = always.start({ name: 'GET /x', kind: 'server', parent, attributes })
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
    tracing.start({ name: 'GET /x', kind: 'server', attributes }).end()
    await tracing.stop().catch(() => undefined)
    expect(lines.join('')).not.toContain('"level":"error"')
  })
})
