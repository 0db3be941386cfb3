import { bookingConfirmed } from '@alcove/contracts'
import { newId } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildAccount } from './builders.ts'
import { createFixture, createTestApp, type Fixture } from './fixture.ts'

let fixture: Fixture
let app: FastifyInstance
beforeAll(async () => {
  fixture = await createFixture()
  app = createTestApp(fixture)
})
beforeEach(() => fixture.reset())
afterAll(async () => {
  await app.close()
  await fixture.close()
})

async function send(email: string): Promise<void> {
  fixture.directory.findAccount = async (id) => buildAccount({ id, email })
  await fixture.deliver(bookingConfirmed, { ...bookingConfirmed.example, bookingId: newId() })
  await fixture.sendAll()
}
const json = { accept: 'application/json' }
const list = async (query = '') => (await app.inject({ url: `/dev/mailbox${query}`, headers: json })).json()
const recipients = async (query: string) => (await list(query)).items.map((item: { to: string }) => item.to)

describe('GET /dev/mailbox as JSON', () => {
  test('200: exactly what the public API names, newest first', async () => {
    await send('first@example.org')
    await send('second@example.org')
    const { items, nextCursor } = await list()
    expect(nextCursor).toBeNull()
    expect(items.map((item: { to: string }) => item.to)).toEqual(['second@example.org', 'first@example.org'])
    expect(Object.keys(items[0]).sort()).toEqual(['createdAt', 'eventId', 'html', 'id', 'subject', 'text', 'to'])
    expect(items[0].createdAt).toBe('2026-01-04T09:00:00Z')
  })

  test('200: pages with limit and cursor', async () => {
    for (const name of ['a', 'b', 'c']) await send(`${name}@example.org`)
    const first = await list('?limit=2')
    expect(first.items).toHaveLength(2)
    expect((await list(`?limit=2&cursor=${first.nextCursor}`)).items.map((item: { to: string }) => item.to)).toEqual(['a@example.org'])
  })

  test('200: narrowed to a recipient, in any case of letters, with every character meaning itself', async () => {
    await send('Ann.Lee@example.org')
    await send('annxlee@example.org')
    await send('100%_off@example.org')
    expect(await recipients('?to=ann.lee%40')).toEqual(['Ann.Lee@example.org'])
    expect(await recipients('?to=%25')).toEqual(['100%_off@example.org'])
    expect(await recipients('?to=_')).toEqual(['100%_off@example.org'])
    expect(await recipients('?to=%5C')).toEqual([])
  })

  test('400: every broken parameter at once', async () => {
    const answer = await app.inject({ url: '/dev/mailbox?limit=201&to=&sort=up', headers: json })
    expect(answer.statusCode).toBe(400)
    expect(
      answer
        .json()
        .errors.map((error: { pointer: string }) => error.pointer)
        .sort(),
    ).toEqual(['/limit', '/sort', '/to'])
  })
})

describe('GET /dev/mailbox as a page', () => {
  test('200: HTML that may run its own script only and loads nothing from elsewhere', async () => {
    const answer = await app.inject({ url: '/dev/mailbox', headers: { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' } })
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    const nonce = /script-src 'nonce-([^']+)'/.exec(answer.headers['content-security-policy'] as string)?.[1]
    expect(nonce).toBeTruthy()
    expect(answer.body).toContain(`<script nonce="${nonce}">`)
    expect(answer.body).not.toMatch(/(src|href)="?https?:/)
    expect(answer.body).toMatch(/<iframe[^>]* sandbox="allow-popups allow-popups-to-escape-sandbox"/)
  })

  test('holds another nonce each time', async () => {
    const policies = await Promise.all([1, 2].map(async () => (await app.inject({ url: '/dev/mailbox' })).headers['content-security-policy']))
    expect(policies[0]).not.toBe(policies[1])
  })
})

describe('who may look', () => {
  test('local profile: anybody', async () => {
    expect((await app.inject({ url: '/dev/mailbox', headers: json })).statusCode).toBe(200)
  })

  test('cluster: 401 without a token, 403 below admin, 200 for an admin, page and JSON alike', async () => {
    const cluster = createTestApp(fixture, { profile: 'cluster' })
    const status = async (headers: Record<string, string>) => (await cluster.inject({ url: '/dev/mailbox', headers })).statusCode
    for (const accept of ['text/html', 'application/json']) {
      expect(await status({ accept })).toBe(401)
      for (const role of ['member', 'team-admin', 'operator'] as const) expect(await status({ accept, ...(await fixture.context.tokens.as([role])) })).toBe(403)
      expect(await status({ accept, ...(await fixture.context.tokens.as(['admin'])) })).toBe(200)
    }
    await cluster.close()
  })

  test('404 where mail leaves by SMTP', async () => {
    const sending = createTestApp(fixture, { hasMailbox: false })
    expect((await sending.inject({ url: '/dev/mailbox', headers: json })).statusCode).toBe(404)
    await sending.close()
  })
})
