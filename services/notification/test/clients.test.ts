import { createServer, type Server } from 'node:http'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServiceClient, type ServiceClient } from '@alcove/client'
import { getAccount, getBookingDetail, getOneTimeToken, getPerson, getTeamInvitation, listClosureBookings, type Operation } from '@alcove/contracts'
import { compileBody, createLogger, DependencyError, loadConfig, newId, Registry } from '@alcove/kit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createDirectory, createFindHits } from '../src/clients/directory.ts'
import { configSchema } from '../src/config.ts'
import { buildAccount, buildDetail, buildPerson } from './builders.ts'

/** Answers as the contract says, and remembers what was asked. */
interface Callee {
  server: Server
  asked: { method: string; path: string; token: string | undefined }[]
  answer: { status: number; body: unknown }
}

const callees = {} as Record<'auth' | 'user' | 'booking', Callee>
let client: ServiceClient
let tokenDir: string

async function startCallee(): Promise<Callee> {
  const callee: Callee = {
    asked: [],
    answer: { status: 200, body: {} },
    server: createServer((request, response) => {
      callee.asked.push({ method: request.method!, path: request.url!, token: request.headers['x-service-authorization'] as string | undefined })
      const type = callee.answer.status < 400 ? 'application/json' : 'application/problem+json'
      response.writeHead(callee.answer.status, { 'content-type': type }).end(JSON.stringify(callee.answer.body))
    }),
  }
  await new Promise<void>((resolve) => callee.server.listen(0, '127.0.0.1', resolve))
  return callee
}

beforeAll(async () => {
  tokenDir = await mkdtemp(join(tmpdir(), 'alcove-tokens-'))
  const env: Record<string, string> = { SERVICE_TOKEN_DIR: tokenDir }
  for (const name of ['auth', 'user', 'booking'] as const) {
    callees[name] = await startCallee()
    await writeFile(join(tokenDir, name), `token-for-${name}`)
    env[`${name.toUpperCase()}_SERVICE_URL`] = `http://127.0.0.1:${(callees[name].server.address() as { port: number }).port}`
  }
  const log = createLogger({ service: 'notification', level: 'silent' })
  client = createServiceClient({ self: 'notification', config: loadConfig(configSchema, env), metrics: new Registry(), log })
})
beforeEach(() => {
  for (const callee of Object.values(callees)) {
    callee.asked.length = 0
    callee.answer = { status: 200, body: {} }
  }
})
afterAll(async () => {
  await client.close()
  for (const callee of Object.values(callees)) await new Promise((resolve) => callee.server.close(resolve))
  await rm(tokenDir, { recursive: true })
})

const oneTimeToken = {
  id: newId(),
  purpose: 'verify-email',
  userId: newId(),
  email: 'ann@example.org',
  displayName: 'Ann',
  token: 'secret',
  expiresAt: '2026-01-06T09:00:00Z',
}
const hits = { settled: true, items: [{ bookingId: newId(), userId: newId() }] }
const calls: [string, Operation, unknown, (id: string) => Promise<unknown>][] = [
  ['findAccount', getAccount, buildAccount(), (id) => createDirectory(client).findAccount(id)],
  ['findPerson', getPerson, buildPerson(), (id) => createDirectory(client).findPerson(id)],
  ['findBookingDetail', getBookingDetail, buildDetail(), (id) => createDirectory(client).findBookingDetail(id)],
  [
    'findTeamInvitation',
    getTeamInvitation,
    { id: newId(), teamName: 'Design', expiresAt: '2026-01-19T09:00:00Z' },
    (id) => createDirectory(client).findTeamInvitation(id),
  ],
  ['findOneTimeToken', getOneTimeToken, oneTimeToken, (id) => createDirectory(client).findOneTimeToken(id)],
  ['findHits', listClosureBookings, hits, (id) => createFindHits(client)(id, new AbortController().signal)],
]

describe.each(calls)('%s', (_name, operation, body, ask) => {
  const callee = () => callees[operation.service as 'auth' | 'user' | 'booking']

  test('asks the declared route with a token for the callee, and gives what the contract describes', async () => {
    expect(compileBody(operation.responses[200]!)(body)).toBe(true)
    callee().answer = { status: 200, body }
    const id = newId()
    expect(await ask(id)).toEqual(body)
    expect(callee().asked).toEqual([{ method: operation.method, path: operation.path.replace('{id}', id), token: `Bearer token-for-${operation.service}` }])
  })

  test('takes 404 for an answer and 503 for an error', async () => {
    callee().answer = { status: 404, body: { type: '/problems/not-found', title: '', status: 404, detail: '' } }
    expect(await ask(newId())).toBeUndefined()
    callee().answer = { status: 503, body: { type: '/problems/dependency-unavailable', title: '', status: 503, detail: '' } }
    await expect(ask(newId())).rejects.toBeInstanceOf(DependencyError)
  })
})

test('a 404 that is no problem of ours (another server at that address) is an error', async () => {
  callees.user.answer = { status: 404, body: '<html>' }
  await expect(createDirectory(client).findPerson(newId())).rejects.toBeInstanceOf(DependencyError)
})

test('one directory asks for one thing once', async () => {
  callees.user.answer = { status: 200, body: buildPerson() }
  const directory = createDirectory(client)
  const id = newId()
  await Promise.all([directory.findPerson(id), directory.findPerson(id)])
  await directory.findPerson(id)
  expect(callees.user.asked).toHaveLength(1)
})
