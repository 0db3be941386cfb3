import { describe, expect, it } from 'vitest'
import { createApp, createLogger, DependencyError, ProblemError, Registry } from '../src/index.ts'
import { toLoggedError, toSafeMessage } from '../src/log-error.ts'
import { testAuthenticator } from './build-test-app.ts'

const lines: string[] = []
const log = createLogger({ service: 'workspace', level: 'trace', destination: { write: (line) => void lines.push(line) } })
const logged = (write: () => void): string => {
  lines.length = 0
  write()
  return lines.join('')
}

describe('an error in the log', () => {
  it('quotes no text that could not be parsed, no arguments of Prisma, no address, token or password', () => {
    const parse = (() => {
      try {
        return JSON.parse('{"password": hunter2}') as never
      } catch (error) {
        return error as Error
      }
    })()
    const prisma = Object.assign(
      new Error('\nInvalid `prisma.profile.create()` invocation in\nx.ts:1\n\n{ data: { name: "hunter2" } }\n\nArgument `id` is missing.'),
      {
        name: 'PrismaClientValidationError',
      },
    )
    expect(toSafeMessage(parse)).not.toContain('hunter2')
    expect(toSafeMessage(prisma)).toBe('Argument `id` is missing.')
    expect(toSafeMessage(new Error('550 <ada@example.test> unknown'))).toBe('550 <[address]> unknown')
    expect(toSafeMessage(new Error('at postgres://booking:hunter2@db:5432/x'))).toBe('at postgres://booking:[redacted]@db:5432/x')
    expect(toSafeMessage(new Error('bad eyJhbGciOiJFUzI1.eyJzdWIi.c2ln'))).toBe('bad [token]')
    expect(toSafeMessage('hunter2')).not.toContain('hunter2')
  })
  it('carries no member that is not known to be harmless, at any depth, and keeps its causes and where it was thrown', () => {
    const cause = Object.assign(new Error('inner'), { input: 'hunter2', code: 'ERR_INVALID_URL' })
    const error = new AggregateError([Object.assign(new Error('each'), { body: 'hunter2' })], 'outer', { cause })
    const line = logged(() => log.error({ err: error, error: cause }, 'failed'))
    expect(line).not.toContain('hunter2')
    expect(JSON.parse(line)).toMatchObject({ err: { message: 'outer', cause: { message: 'inner', code: 'ERR_INVALID_URL' }, errors: [{ message: 'each' }] } })
    expect(toLoggedError(error).stack).toMatch(/^\s+at .*log-error\.test/)
    const dependency = new DependencyError('payment', { sent: true, reason: 'status', calleeStatus: 502 })
    expect(toLoggedError(dependency)).toMatchObject({ callee: 'payment', sent: true, reason: 'status', calleeStatus: 502 })
    const loop = new Error('loop')
    loop.cause = loop
    expect(JSON.stringify(toLoggedError(loop)).length).toBeLessThan(20_000)
  })
  it('is as careful with what Fastify’s own logger is given', async () => {
    const app = createApp({
      service: 'workspace',
      log,
      authenticator: testAuthenticator(),
      clock: { now: () => new Date() },
      version: '1',
      metrics: new Registry(),
    })
    app.get('/careless', (request) => {
      request.log.error({ req: request, err: Object.assign(new Error('x'), { detail: 'hunter2' }) }, 'careless')
      throw new ProblemError('internal', 'x', { members: { secret: 'hunter2' } })
    })
    lines.length = 0
    await app.inject({ url: '/careless?token=hunter2', headers: { authorization: 'Bearer hunter2', cookie: 'hunter2' } })
    expect(lines.length).toBeGreaterThan(1)
    expect(lines.join('')).not.toContain('hunter2')
  })
})
