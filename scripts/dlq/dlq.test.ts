import type { DeadLetter, DeadLetterDetail } from '@alcove/contracts'
import { describe, expect, it, vi, afterEach } from 'vitest'
import { parseCommand, UsageError } from './arguments.ts'
import { Refused, type AdminApi } from './client.ts'
import { runCommand } from './commands.ts'
import { formatLetter, formatLetters } from './format.ts'

const letter: DeadLetter = {
  id: '01890000-0000-7000-8000-000000000001',
  service: 'payment',
  eventId: null,
  type: 'booking.confirmed.v1',
  topic: 'booking',
  key: 'k',
  partition: 3,
  offset: 17,
  reason: 'failed',
  code: null,
  error: 'the ledger\nis away',
  attempts: 5,
  diedAt: '2026-01-05T09:00:00Z',
}
const result = (id: string, outcome: string) => ({ id, service: 'payment', outcome, error: null })

describe('the command line', () => {
  it('reads flags before the environment, and the demo admin where neither says anything', () => {
    expect(parseCommand(['list', '--email', 'a@b.c', '--url', 'http://x'], { ALCOVE_URL: 'http://y', ALCOVE_TOKEN: 't', ALCOVE_PASSWORD: 'p' })).toMatchObject({
      name: 'list',
      url: 'http://x',
      token: 't',
      email: 'a@b.c',
      password: 'p',
    })
    expect(parseCommand(['list'], {})).toMatchObject({ url: undefined, token: undefined, email: 'admin@alcove.test', password: 'alcove-demo' })
  })
  it('reads a replay', () => {
    const line = ['replay', '--service', 'payment', '--dry-run', '--limit', '7', '--rate', '2.5', '--transform', '[{"op":"remove","path":"/data/a"}]']
    expect(parseCommand(line, {})).toMatchObject({
      service: 'payment',
      dryRun: true,
      limit: 7,
      ratePerSecond: 2.5,
      transform: [{ op: 'remove', path: '/data/a' }],
    })
  })
  it.each([
    ['lists'],
    ['list', 'x'],
    ['show'],
    ['show', 'a', 'b'],
    ['replay'],
    ['replay', 'a', '--all'],
    ['discard'],
    ['discard', '--service', 'payment'],
    ['list', '--limit', '0'],
    ['list', '--unknown'],
    ['replay', '--all', '--transform', '{}'],
    ['replay', '--all', '--transform', '@/no/such/file'],
  ])('refuses %s %s %s %s', (...line) => {
    expect(() => parseCommand(line, {})).toThrow(UsageError)
  })
})

describe('commands', () => {
  const printed = () =>
    vi
      .mocked(console.log)
      .mock.calls.map(([text]) => String(text))
      .join('\n')
  function fake(...answers: unknown[]): { api: AdminApi; asked: unknown[][] } {
    vi.spyOn(console, 'log').mockReturnValue()
    vi.spyOn(console, 'error').mockReturnValue()
    const asked: unknown[][] = []
    const call = async (...request: unknown[]) => {
      asked.push(request)
      const answer = answers.shift()
      if (answer instanceof Error) throw answer
      return answer
    }
    return { api: { call: call as AdminApi['call'] }, asked }
  }
  afterEach(() => vi.restoreAllMocks())
  const run = (line: string[], api: AdminApi) => runCommand(parseCommand(line, {}), api)

  it('list follows the cursor up to its limit', async () => {
    const { api, asked } = fake({ items: [letter, letter], nextCursor: 'c', missing: [] }, { items: [letter], nextCursor: null, missing: [] })
    expect(await run(['list', '--limit', '5', '--json'], api)).toBe(0)
    expect(asked).toEqual([
      ['GET', '?limit=5'],
      ['GET', '?cursor=c&limit=3'],
    ])
    expect(JSON.parse(printed())).toMatchObject({ items: [letter, letter, letter], hasMore: false })
  })
  it('list is not right while somebody’s letters are missing', async () => {
    const { api } = fake({ items: [], nextCursor: null, missing: ['booking'] })
    expect(await run(['list'], api)).toBe(1)
  })
  it('replay goes on until nothing is left, and fails if anything did', async () => {
    const first = { items: [result('a', 'applied')], nextCursor: 'n', refused: [] }
    const { api, asked } = fake(first, { items: [result('b', 'superseded')], nextCursor: null, refused: [] })
    expect(await run(['replay', '--all', '--rate', '5'], api)).toBe(0)
    expect(asked).toEqual([
      ['POST', '/replay', { dryRun: false, ratePerSecond: 5, limit: 100 }],
      ['POST', '/replay?cursor=n', { dryRun: false, ratePerSecond: 5, limit: 99 }],
    ])
    expect(printed()).toContain('1 applied, 1 superseded')
    expect(await run(['replay', '--all'], fake({ items: [result('a', 'failed')], nextCursor: null, refused: [] }).api)).toBe(1)
    expect(await run(['replay', '--all'], fake({ items: [], nextCursor: null, refused: [{ service: 'user', detail: 'failing' }] }).api)).toBe(1)
  })
  it('replay of ids tells what was refused and goes on', async () => {
    const { api, asked } = fake(new Refused('409 failing'), result('b', 'applied'))
    expect(await run(['replay', 'a', 'b', '--json'], api)).toBe(1)
    expect(asked).toHaveLength(2)
    expect(JSON.parse(printed())).toMatchObject({
      items: [
        { id: 'a', outcome: 'failed', error: '409 failing' },
        { id: 'b', outcome: 'applied' },
      ],
    })
  })
  it('discard takes every id', async () => {
    const { api, asked } = fake(undefined, undefined)
    expect(await run(['discard', 'a', 'b'], api)).toBe(0)
    expect(asked).toEqual([
      ['DELETE', '/a'],
      ['DELETE', '/b'],
    ])
  })
})

describe('for people', () => {
  it('a letter is one line, whatever its error holds', () => {
    const lines = formatLetters([{ ...letter, error: 'bad\n\u001b[31mred\u001b[0m' }], { hasMore: true }).split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[1]).toContain('payment  2026-01-05T09:00:00Z  booking.confirmed.v1')
    expect(lines.join('')).not.toContain('\u001b')
  })
  it('a letter that is no JSON is shown as it came, without what a terminal would obey', () => {
    const detail: DeadLetterDetail = { ...letter, message: '{"broken\u001b]0;x', event: null, traceparent: null, trace: 'Error: no\n    at here' }
    expect(formatLetter(detail)).toContain('{"broken\uFFFD]0;x\n\nstack\nError: no\n    at here')
  })
})
