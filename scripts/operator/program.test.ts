import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { consumingServices, type ConsumingService, type DeadLetter } from '@alcove/contracts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { UsageError } from '../dlq/arguments.ts'
import { Refused, Unreachable } from '../dlq/client.ts'
import { runProgram } from './program.ts'

interface Asked {
  method?: string
  url?: string
  service?: string
  person?: string
}
interface Reply {
  status: number
  body?: object
}

let dir: string
let server: Server
let asked: Asked[]
let reply: (request: Asked) => Reply
let env: Record<string, string>

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'alcove-operator-'))
  asked = []
  server = createServer((request, response) => {
    const { method, url, headers } = request
    const one = { method, url, service: String(headers['x-service-authorization'] ?? ''), person: headers.authorization }
    asked.push(one)
    const { status, body } = reply(one)
    response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const name of consumingServices) writeFileSync(join(dir, name), `of-${name}\n`)
  env = { SERVICE_TOKEN_DIR: dir, GATEWAY_SERVICE_URL: url, ...Object.fromEntries(consumingServices.map((name) => [`${name.toUpperCase()}_SERVICE_URL`, url])) }
  vi.spyOn(console, 'log').mockReturnValue()
  vi.spyOn(console, 'error').mockReturnValue()
})
afterEach(async () => {
  vi.restoreAllMocks()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(dir, { recursive: true })
})

const run = (...line: string[]) => runProgram(line, env)
const printed = () =>
  vi
    .mocked(console.log)
    .mock.calls.map(([text]) => String(text))
    .join('\n')
const idOf = (n: number) => `01890000-0000-7000-8000-00000000000${n}`
const letterOf = (n: number, service: ConsumingService): DeadLetter => ({
  id: idOf(n),
  service,
  eventId: null,
  type: 'booking.confirmed.v1',
  topic: 'booking',
  key: 'k',
  partition: 0,
  offset: n,
  reason: 'failed',
  code: null,
  error: 'no',
  attempts: 5,
  diedAt: '2026-01-05T09:00:00Z',
})
const serviceOf = ({ service }: Asked) => service!.replace('Bearer of-', '') as ConsumingService

describe('alcove', () => {
  it.each([[[]], [['--help']], [['dlq', '--help']], [['topics', '--help']], [['rebuild', '-h']]])('helps, and asks nobody: %j', async (line) => {
    expect(await run(...line)).toBe(0)
    expect(printed()).toMatch(/alcove (dlq|topics|rebuild) /)
    expect(asked).toEqual([])
  })

  it.each([['backup'], ['topics', 'remove'], ['topics', 'check', 'x'], ['rebuild'], ['rebuild', 'bookings'], ['topics', '--force'], ['dlq', 'lists']])(
    'refuses %s %s %s',
    async (...line) => {
      await expect(run(...line)).rejects.toThrow(UsageError)
      expect(asked).toEqual([])
    },
  )

  it('says which variables of the broker are missing', async () => {
    await expect(run('topics')).rejects.toThrow('KAFKA_BROKERS is missing')
  })
})

describe('alcove dlq', () => {
  it('lists with the pod’s own tokens, newest first over all services, page by page', async () => {
    const held = { user: [1, 4], payment: [2, 5], reporting: [3] } as Record<string, number[]>
    reply = (request) => {
      const before = new URL(request.url!, 'http://x').searchParams.get('before')
      const numbers = (held[serviceOf(request)] ?? []).toReversed().filter((n) => before === null || idOf(n) < before)
      return { status: 200, body: { items: numbers.map((n) => letterOf(n, serviceOf(request))) } }
    }
    expect(await run('dlq', 'list', '--json', '--limit', '4')).toBe(0)
    const { items, hasMore } = JSON.parse(printed()) as { items: DeadLetter[]; hasMore: boolean }
    expect([items.map(({ id, service }) => [id, service]), hasMore]).toEqual([
      [
        [idOf(5), 'payment'],
        [idOf(4), 'user'],
        [idOf(3), 'reporting'],
        [idOf(2), 'payment'],
      ],
      true,
    ])
    expect(asked.map(({ service, url }) => `${service} ${url}`).toSorted()).toEqual(
      consumingServices.map((name) => `Bearer of-${name} /internal/dead-letters?limit=5`).toSorted(),
    )
  })

  it('names who does not answer and is not right then; asked for by name, its silence is the answer', async () => {
    env.BOOKING_SERVICE_URL = 'http://127.0.0.1:9'
    reply = () => ({ status: 200, body: { items: [] } })
    expect(await run('dlq', 'list')).toBe(1)
    expect(vi.mocked(console.error).mock.calls).toEqual([['booking does not answer: its dead letters are not in the list']])
    await expect(run('dlq', 'list', '--service', 'booking')).rejects.toThrow(Unreachable)
  })

  it('shows the letter of the one service that has it', async () => {
    const letter = { ...letterOf(7, 'payment'), message: '{"broken', event: null, trace: null, traceparent: null }
    reply = (request) => (serviceOf(request) === 'payment' ? { status: 200, body: letter } : { status: 404, body: { title: 'Not found' } })
    expect(await run('dlq', 'show', idOf(7))).toBe(0)
    expect(printed()).toContain('{"broken')
    reply = () => ({ status: 404, body: { title: 'Not found' } })
    await expect(run('dlq', 'show', idOf(8))).rejects.toThrow(Refused)
  })

  it('replays and discards as a person alone, through the gateway', async () => {
    for (const line of [
      ['replay', '--all'],
      ['discard', idOf(1)],
    ])
      await expect(run('dlq', ...line)).rejects.toThrow(/is audited, so say who asks/)
    await expect(run('dlq', 'list', '--email', 'ops@example.org')).rejects.toThrow(/no terminal to ask for the password/)
    expect(asked).toEqual([])
    env.ALCOVE_TOKEN = 'a-person'
    reply = () => ({ status: 204 })
    expect(await run('dlq', 'discard', idOf(1))).toBe(0)
    expect(asked).toEqual([{ method: 'DELETE', url: `/api/v1/admin/dead-letters/${idOf(1)}`, service: '', person: 'Bearer a-person' }])
  })
})

describe('alcove rebuild reports', () => {
  it('waits until reporting has finished', async () => {
    const answers: Reply[] = [{ status: 202 }, { status: 200, body: { events: 12 } }]
    reply = () => answers.shift()!
    expect(await run('rebuild', 'reports', '--json')).toBe(0)
    expect(JSON.parse(printed())).toEqual({ events: 12 })
    expect(asked.map(({ method, url, service }) => [method, url, service])).toEqual([0, 1].map(() => ['POST', '/internal/rebuild', 'Bearer of-reporting']))
  })

  it('says what reporting refuses, and where it belongs when the pod has no token', async () => {
    reply = () => ({ status: 403, body: { detail: 'Only admin may do this.' } })
    await expect(run('rebuild', 'reports')).rejects.toThrow('403 Only admin may do this.')
    rmSync(join(dir, 'reporting'))
    await expect(run('rebuild', 'reports')).rejects.toThrow('this runs in a pod of admin')
  })
})
