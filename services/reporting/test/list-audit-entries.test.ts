import { accountRegistered, auditRecorded, bookingRescheduled, bookingRescheduledV2, type Audit } from '@alcove/contracts'
import { newId } from '@alcove/kit'
import { buildEvent } from '@alcove/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFindSources } from '../src/clients/audit-sources.ts'
import { toCell } from '../src/presenters.ts'
import { createFixture, type AnswerBody, type Fixture } from './fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await createFixture()
})
afterEach(() => fixture.close())

const traceId = 'a'.repeat(32)
const audit = (state: Partial<Audit>) =>
  buildEvent(
    auditRecorded('account'),
    { ...auditRecorded('account').example, auditId: newId(), ...state },
    { traceparent: `00-${traceId}-${'b'.repeat(16)}-01` },
  )
/** Of an entry that names nobody else and whose request nobody knows the source of. */
const unsaid = { person: null, before: null, after: null, source: { state: 'none', address: null } }
const list = async (query = '') => (await fixture.get(`/v1/audit${query}`, 'admin')).body

describe('GET /v1/audit 200', () => {
  it('lists recorded acts and acts that events tell, newest first, and filters', async () => {
    const actor = { type: 'user' as const, id: newId() }
    const login = audit({ at: '2026-01-05T10:00:00Z', actor, action: 'session.started', requestId: 'req-1' })
    const registered = buildEvent(accountRegistered, accountRegistered.example, { time: '2026-01-05T08:00:00.000Z' })
    await fixture.feed(login, registered, login)
    expect(await list()).toEqual({
      items: [
        { id: login.id, at: '2026-01-05T10:00:00Z', actor, action: 'session.started', subject: login.data.subject, requestId: 'req-1', traceId, ...unsaid },
        {
          id: registered.id,
          at: '2026-01-05T08:00:00Z',
          actor: { type: 'user', id: accountRegistered.example.userId },
          action: 'account.registered',
          subject: accountRegistered.example.userId,
          requestId: null,
          traceId: registered.traceparent?.slice(3, 35) ?? null,
          ...unsaid,
          person: accountRegistered.example.userId,
        },
      ],
      nextCursor: null,
    })
    const ids = async (query: string) => (await list(query)).items.map((item) => item.id)
    expect(await ids(`?actorId=${actor.id}`)).toEqual([login.id])
    expect(await ids('?action=account.registered')).toEqual([registered.id])
    expect(await ids(`?subject=${accountRegistered.example.userId}`)).toEqual([registered.id])
    expect(await ids('?from=2026-01-05T09:00:00Z')).toEqual([login.id])
    expect(await ids('?to=2026-01-05T10:00:00Z')).toEqual([registered.id])
  })

  it('an event in two versions is one act, by whom the newer names; one of before there were two is an act too', async () => {
    const { successorEventId: _none, ...alone } = bookingRescheduled.example
    const actor = { type: 'user' as const, id: newId() }
    const successor = buildEvent(bookingRescheduledV2, { ...bookingRescheduledV2.example, actor })
    const twin = buildEvent(bookingRescheduled, { ...bookingRescheduled.example, successorEventId: successor.id })
    const old = buildEvent(bookingRescheduled, { ...alone, bookingId: newId() }, { time: '2026-01-05T08:00:00.000Z' })
    await fixture.feed(twin, successor, old, twin)
    expect((await list('?action=booking.rescheduled')).items.map((item) => [item.id, item.actor])).toEqual([
      [successor.id, actor],
      [old.id, { type: 'service', id: 'booking' }],
    ])
    const raw = await fixture.database.pool.query('SELECT id FROM raw_event ORDER BY seq')
    expect(raw.rows.map(({ id }) => id)).toEqual([twin.id, successor.id, old.id])
  })

  it('pages through everything once, also where instants are equal', async () => {
    const events = Array.from({ length: 7 }, () => audit({ at: '2026-01-05T10:00:00Z' }))
    await fixture.feed(...events)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: AnswerBody = await list(`?limit=3${cursor ? `&cursor=${cursor}` : ''}`)
      expect(page.items.length).toBeLessThanOrEqual(3)
      seen.push(...page.items.map((item) => item.id))
      cursor = page.nextCursor
    } while (cursor)
    expect(seen).toEqual(
      events
        .map(({ id }) => id)
        .sort()
        .reverse(),
    )
  })
})

describe('what was done to whom, and from where', () => {
  it('names the person with values before and after, and is found by the person', async () => {
    const person = newId()
    const values = { before: { roles: ['admin'] }, after: { roles: ['member'] } }
    await fixture.feed(audit({ action: 'roles.changed', person, ...values }), audit({ action: 'roles.changed', person: newId() }))
    const { items } = await list(`?person=${person}`)
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({ action: 'roles.changed', person, ...values })
  })

  it('joins the source that a service still knows, and says where it cannot be had', async () => {
    const [known, away, unknown] = [audit({}), audit({}), audit({})]
    await fixture.feed(known, away, unknown)
    fixture.sources.set(known.id, { state: 'known', address: '192.0.2.7' })
    fixture.sources.set(away.id, { state: 'unavailable', address: null })
    const sources = new Map((await list()).items.map((item) => [item.id, item.source]))
    expect(sources.get(known.id)).toEqual({ state: 'known', address: '192.0.2.7' })
    expect(sources.get(away.id)).toEqual({ state: 'unavailable', address: null })
    expect(sources.get(unknown.id)).toEqual({ state: 'none', address: null })
  })

  it('asks each service for its own entries alone, and takes one that is away for unavailable', async () => {
    const asked: [string, string[]][] = []
    const [mine, late, own] = [newId(), newId(), newId()]
    const call = async (operation: { service: string }, { body }: { body: { ids: string[] } }) => {
      asked.push([operation.service, body.ids])
      if (operation.service === 'booking') throw new Error('away')
      return { status: 200, body: { items: [{ id: mine, address: '2001:db8::1' }] }, headers: {} }
    }
    const find = createFindSources({ call: call as never }, { warn: () => undefined })
    const entries = [
      { id: mine, service: 'auth' },
      { id: late, service: 'booking' },
      { id: own, service: 'reporting' },
    ]
    const found = await find(entries, {})
    expect(asked).toEqual([
      ['auth', [mine]],
      ['booking', [late]],
    ])
    expect([...found]).toEqual([
      [mine, { state: 'known', address: '2001:db8::1' }],
      [late, { state: 'unavailable', address: null }],
    ])
  })
})

describe('GET /v1/audit as CSV', () => {
  const csv = async (query = '', accept = 'text/csv') =>
    fixture.app.inject({ url: `/v1/audit${query}`, headers: { ...(await fixture.context.tokens.as(['admin'])), accept } })

  it('has a heading and a line for each entry, and tells the next page in Link', async () => {
    const actor = { type: 'user' as const, id: newId() }
    await fixture.feed(audit({ at: '2026-01-05T10:00:00Z', actor, requestId: 'a,"b"', after: { roles: ['member'] } }), audit({ at: '2026-01-05T09:00:00Z' }))
    const first = await csv('?limit=1&action=session.started')
    expect(first.headers['content-type']).toBe('text/csv; charset=utf-8')
    const [heading, line, rest] = first.body.split('\r\n')
    expect(heading).toBe('id,at,actorType,actorId,action,subject,person,before,after,requestId,traceId,sourceState,sourceAddress')
    expect(line).toContain(`,2026-01-05T10:00:00Z,user,${actor.id},session.started,`)
    expect(line).toContain(String.raw`,"{""roles"":[""member""]}","a,""b""",${traceId},none,`)
    expect(rest).toBe('')
    const next = /^<(\?[^>]+)>; rel="next"$/.exec(String(first.headers.link))![1]!
    expect(next).toContain('action=session.started')
    const second = await csv(next)
    expect(second.body.split('\r\n')).toHaveLength(3)
    expect(second.headers.link).toBeUndefined()
  })

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '=HYPERLINK("http://x")'])('%j is no formula to a spreadsheet', (text) => {
    expect(toCell(text).replace(/^"/, '')).toMatch(/^'/)
  })

  it.each(['a=1', '2026-01-05T10:00:00Z', '', '192.0.2.1'])('%j stays as it is', (text) => {
    expect(toCell(text)).toBe(text)
  })

  it('a request’s id that is a formula arrives as text', async () => {
    await fixture.feed(audit({ requestId: '=cmd|calc' }))
    expect((await csv()).body).toContain(",'=cmd|calc,")
  })

  it('JSON unless CSV is named first; admins alone', async () => {
    expect((await csv('', 'application/json, text/csv')).headers['content-type']).toContain('application/json')
    expect((await csv('', '*/*')).headers['content-type']).toContain('application/json')
    const answer = await fixture.app.inject({ url: '/v1/audit', headers: { ...(await fixture.context.tokens.as(['operator'])), accept: 'text/csv' } })
    expect(answer.statusCode).toBe(403)
  })
})

describe('GET /v1/audit 400', () => {
  it.each(['limit=0', 'limit=201', 'cursor=abc', 'cursor=MjAyNi0wMS0wNVQxMDowMDowMC4wMDBaIHg', 'from=now'])('refuses %s', async (query) => {
    expect((await fixture.get(`/v1/audit?${query}`, 'admin')).status).toBe(400)
  })
})
