import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type from 'typebox'
import { describe, expect, it } from 'vitest'
import {
  baseConfigSchema,
  ConfigError,
  createClock,
  createKillPoints,
  createLogger,
  defineKillPoints,
  isDate,
  isDateTime,
  isTraceparent,
  loadConfig,
  newId,
  newTraceparent,
  runChecks,
  serviceUrl,
  toInstant,
} from '../src/index.ts'

describe('configuration', () => {
  const schema = Type.Object({
    ...baseConfigSchema,
    SECRET_KEY: Type.String({ minLength: 8 }),
    LIMIT: Type.Integer({ minimum: 1, default: 3 }),
    FLAG: Type.Boolean({ default: false }),
  })
  it('converts, fills in defaults and treats empty as absent', () => {
    const config = loadConfig(schema, { SECRET_KEY: 'long-enough', LIMIT: '7', FLAG: 'true', PORT: '', USER_SERVICE_URL: 'http://127.0.0.1:3001/' })
    expect(config).toMatchObject({ LIMIT: 7, FLAG: true, PORT: 8080, PROFILE: 'cluster', BOOKING_SERVICE_URL: 'http://booking' })
    expect(serviceUrl(config, 'user')).toBe('http://127.0.0.1:3001')
  })
  it('lists all problems at once, without values', () => {
    const load = () => loadConfig(schema, { SECRET_KEY: 'hush', LIMIT: 'many', PORT: '99999', LOG_LEVEL: 'loud', CLOCK_FILE: '/x', TEST_CONTROLS: 'on' })
    expect(load).toThrow(ConfigError)
    try {
      load()
    } catch (error) {
      const { problems, message } = error as ConfigError
      for (const name of ['SECRET_KEY', 'LIMIT', 'PORT', 'LOG_LEVEL', 'CLOCK_FILE', 'TEST_CONTROLS'])
        expect(problems.some((problem) => problem.startsWith(name))).toBe(true)
      expect(message).not.toContain('hush')
    }
  })
  it('takes a value from a file, without its newline, and refuses one that cannot be read or is given twice', () => {
    const directory = mkdtempSync(join(tmpdir(), 'config-'))
    const file = join(directory, 'secret')
    writeFileSync(file, 'from-a-file\n')
    expect(loadConfig(schema, { SECRET_KEY_FILE: file })).toMatchObject({ SECRET_KEY: 'from-a-file' })
    expect(loadConfig(schema, { SECRET_KEY_FILE: '', SECRET_KEY: 'long-enough' })).toMatchObject({ SECRET_KEY: 'long-enough' })
    expect(() => loadConfig(schema, { SECRET_KEY_FILE: file, SECRET_KEY: 'long-enough' })).toThrow(/SECRET_KEY and SECRET_KEY_FILE/)
    expect(() => loadConfig(schema, { SECRET_KEY_FILE: join(directory, 'none') })).toThrow(/SECRET_KEY_FILE cannot be read: ENOENT/)
    writeFileSync(file, 'short')
    expect(() => loadConfig(schema, { SECRET_KEY_FILE: file })).toThrow(/SECRET_KEY must NOT/)
    rmSync(directory, { recursive: true })
  })
  it('lists all that contradicts itself about the broker at once, without values', () => {
    const problemsOf = (env: Record<string, string>) => {
      try {
        loadConfig(Type.Object(baseConfigSchema), { EVENT_TRANSPORT: 'kafka', ...env })
        return []
      } catch (error) {
        return (error as ConfigError).problems.map((problem) => problem.split(' ')[0])
      }
    }
    expect(problemsOf({ KAFKA_TLS_CA: 'pem', KAFKA_SASL_MECHANISM: 'scram-sha-512' })).toEqual([
      'KAFKA_BROKERS',
      'KAFKA_TLS_CA',
      'KAFKA_SASL_USERNAME',
      'KAFKA_SASL_PASSWORD',
    ])
    expect(problemsOf({ KAFKA_BROKERS: 'kafka', KAFKA_TLS: 'yes', KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_PASSWORD: 'hush' })).toHaveLength(4)
    expect(problemsOf({ KAFKA_BROKERS: 'a:9092,b:9092', KAFKA_SASL_PASSWORD: 'hush' })).toEqual(['KAFKA_SASL_PASSWORD'])
    const complete = {
      KAFKA_BROKERS: 'a:9092',
      KAFKA_TLS: 'on',
      KAFKA_SASL_MECHANISM: 'scram-sha-256',
      KAFKA_SASL_USERNAME: 'booking',
      KAFKA_SASL_PASSWORD: 'hush',
    }
    expect(problemsOf(complete)).toEqual([])
    expect(loadConfig(Type.Object(baseConfigSchema), { KAFKA_SASL_MECHANISM: 'scram-sha-256' }).KAFKA_BROKERS).toBe('')
  })
  it('names what is missing', () => {
    expect(() => loadConfig(schema, {})).toThrow(/SECRET_KEY is missing/)
  })
})

describe('clock', () => {
  it('follows the shared file and returns to real time without it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'clock-'))
    const file = join(directory, 'clock.json')
    const clock = createClock({ file })
    const aheadMs = () => clock.now().getTime() - Date.now()
    const write = (text: string) => {
      writeFileSync(`${file}.new`, text)
      renameSync(`${file}.new`, file)
    }
    expect(Math.abs(aheadMs())).toBeLessThan(1000)
    write('{"offsetMs":3600000}')
    await expect.poll(() => Math.round(aheadMs() / 60_000)).toBe(60)
    write('{"offsetMs":-7200000}')
    await expect.poll(() => Math.round(aheadMs() / 60_000)).toBe(-120)
    write('{broken')
    await expect.poll(() => Math.abs(Math.round(aheadMs() / 60_000))).toBe(0)
    rmSync(directory, { recursive: true })
    expect(Math.abs(aheadMs())).toBeLessThan(60_000)
  })
  it('shows instants in UTC with whole seconds', () => {
    expect(toInstant(new Date('2026-03-01T10:00:00.999+02:00'))).toBe('2026-03-01T08:00:00Z')
  })
})

describe('date-time', () => {
  it.each([
    '2026-03-01T10:00:00Z',
    '2024-02-29T23:59:59.123456789+14:00',
    '1970-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '2026-03-01t10:00:00z',
    '2026-03-01T10:00:00-00:00',
  ])('takes %s', (text) => {
    expect(isDateTime(text)).toBe(true)
  })
  it.each([
    '2026-02-30T10:00:00Z',
    '2025-02-29T10:00:00Z',
    '2026-13-01T10:00:00Z',
    '2026-00-10T10:00:00Z',
    '2026-03-00T10:00:00Z',
    '2026-03-01T24:00:00Z',
    '2026-03-01T10:60:00Z',
    '2026-03-01T10:00:60Z',
    '2026-03-01T10:00:00',
    '2026-03-01 10:00:00Z',
    '2026-03-01T10:00Z',
    '2026-03-01T10:00:00+24:00',
    '2026-03-01',
    '1969-12-31T23:59:59Z',
    '1970-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '+010000-01-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '',
  ])('refuses %s', (text) => {
    expect(isDateTime(text)).toBe(false)
  })
  it('knows dates that exist', () => {
    expect([isDate('2024-02-29'), isDate('2025-02-29'), isDate('2025-2-9')]).toEqual([true, false, false])
  })
})

describe('ids', () => {
  it('are UUIDv7 and sort by creation', () => {
    const ids = Array.from({ length: 20_000 }, newId)
    expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(true)
    expect([...ids].sort()).toEqual(ids)
    expect(new Set(ids.map((id) => id.slice(-12))).size).toBe(ids.length)
    expect(Math.abs(Number.parseInt(ids[0]!.replace('-', '').slice(0, 12), 16) - Date.now())).toBeLessThan(60_000)
  })
  it('are traceparents that never repeat, also when the batch of random bytes is used up', () => {
    const made = Array.from({ length: 500 }, newTraceparent)
    expect(new Set(made).size).toBe(500)
    expect(made.every(isTraceparent)).toBe(true)
    expect(isTraceparent(`00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`)).toBe(false)
  })
})

describe('kill points', () => {
  it('kill at the armed place after so many passes, and nowhere else', () => {
    defineKillPoints(['before-pay', 'after-pay'])
    const passed: string[] = []
    const points = createKillPoints({ enabled: true, kill: () => passed.push('killed') })
    points.reach('after-pay')
    points.arm('after-pay', 2)
    points.reach('before-pay')
    points.reach('after-pay')
    points.reach('after-pay')
    expect(passed).toEqual([])
    points.reach('after-pay')
    expect(passed).toEqual(['killed'])
    expect(points.names()).toEqual(expect.arrayContaining(['after-pay', 'before-pay']))
  })
  it('do nothing outside tests', () => {
    const points = createKillPoints({ kill: () => expect.unreachable() })
    expect(() => points.arm('before-pay')).toThrow()
    points.reach('before-pay')
  })
})

describe('logs', () => {
  it('never hold passwords, tokens or addresses', () => {
    const lines: string[] = []
    const log = createLogger({ service: 'auth', destination: { write: (line) => void lines.push(line) } })
    log.info(
      {
        password: 'p1',
        body: { email: 'a@b.c', currentPassword: 'p2' },
        req: { headers: { authorization: 'Bearer t1', 'x-service-authorization': 'Bearer t2' } },
      },
      'x',
    )
    expect(lines.join('')).not.toMatch(/p1|p2|a@b\.c|t1|t2/)
    expect(lines.join('')).toContain('"service":"auth"')
  })
})

describe('readiness checks', () => {
  it('run at once and say what failed', async () => {
    const results = await runChecks({ good: async () => undefined, bad: async () => Promise.reject(new Error('no')) })
    expect(results).toEqual({ good: { ok: true }, bad: { ok: false, detail: 'no' } })
  })
})
