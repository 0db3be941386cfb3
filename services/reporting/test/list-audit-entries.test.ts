import { accountRegistered, auditRecorded, bookingRescheduled, bookingRescheduledV2, type Audit } from '@alcove/contracts'
import { newId } from '@alcove/kit'
import { buildEvent } from '@alcove/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFixture, type AnswerBody, type Fixture } from './fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await createFixture()
})
afterEach(() => fixture.close())

const audit = (state: Partial<Audit>) => buildEvent(auditRecorded('account'), { ...auditRecorded('account').example, auditId: newId(), ...state })
const list = async (query = '') => (await fixture.get(`/v1/audit${query}`, 'admin')).body

describe('GET /v1/audit 200', () => {
  it('lists recorded acts and acts that events tell, newest first, and filters', async () => {
    const actor = { type: 'user' as const, id: newId() }
    const login = audit({ at: '2026-01-05T10:00:00Z', actor, action: 'session.started', requestId: 'req-1' })
    const registered = buildEvent(accountRegistered, accountRegistered.example, { time: '2026-01-05T08:00:00.000Z' })
    await fixture.feed(login, registered, login)
    expect(await list()).toEqual({
      items: [
        { id: login.id, at: '2026-01-05T10:00:00Z', actor, action: 'session.started', subject: login.data.subject, requestId: 'req-1' },
        {
          id: registered.id,
          at: '2026-01-05T08:00:00Z',
          actor: { type: 'user', id: accountRegistered.example.userId },
          action: 'account.registered',
          subject: accountRegistered.example.userId,
          requestId: null,
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

describe('GET /v1/audit 400', () => {
  it.each(['limit=0', 'limit=201', 'cursor=abc', 'cursor=MjAyNi0wMS0wNVQxMDowMDowMC4wMDBaIHg', 'from=now'])('refuses %s', async (query) => {
    expect((await fixture.get(`/v1/audit?${query}`, 'admin')).status).toBe(400)
  })
})
