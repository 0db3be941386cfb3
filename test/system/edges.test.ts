import { matchesType, type ServiceName } from '@alcove/contracts'
import { graph, type ServiceNode } from '@alcove/graph'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack } from '../../scripts/supervisor/stack.ts'
import { connect, eventually, type Api, type BookingAnswer, type Session } from './api.ts'
import { query } from './databases.ts'
import { called, compareEdges, handled, listDeclared } from './edges/declared.ts'
import { readSeen, type Seen } from './edges/seen.ts'
import { card, hourAt, makePlace, slot, type Place } from './places.ts'

// Plays what Alcove is for, and then holds what its processes have counted against the graph: an edge that nobody declared fails,
// and so does one that nobody has seen. A new edge needs a line in service.yaml and a step here.

/** Declared for what is not built yet; each is held to be really absent, so that it leaves this list when it comes. */
const excused: string[] = [
  // A no-show needs a check-in policy.
  handled('notification', 'booking', 'booking.no-show.v1'),
]

let api: Api
let member: Session
let operator: Session
let admin: Session
let place: Place

beforeAll(async () => {
  const stack = await startStack({ demo: 'accounts', testControls: true, env: { RATE_LIMITS: 'off' } })
  api = connect(stack)
  member = await api.login('member')
  operator = await api.login('operator')
  admin = await api.login('admin')
  place = await makePlace(operator, { units: 20, creditsPerHour: 1 })
})
afterAll(async () => {
  await api?.close()
  await api?.stack.down()
})

const expectDone = <T extends { status: number; body: unknown }>(answer: T): T => {
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
  return answer
}
const book = async (who: Session, hours: number, payment: unknown = card(), space = place) =>
  (await who.call('POST', '/api/v1/bookings', { spaceId: space.spaceId, ...slot(hours), ...(payment ? { payment } : {}) })) as unknown as BookingAnswer
const statusOf = async (id: string) => ((await operator.call('GET', `/api/v1/bookings/${id}`)) as unknown as BookingAnswer).body.status
const untilPaymentIs = (status: string, bookingId: string) =>
  eventually(`a payment of ${bookingId} is ${status}`, async () => {
    const { body } = await operator.call<{ items: { status: string }[] }>('GET', `/api/v1/payments?bookingId=${bookingId}`)
    return body.items.some((payment) => payment.status === status)
  })
const setConsumers = async (service: ServiceName, paused: boolean) => {
  for (const url of api.stack.opsUrls(service)) {
    const answer = await fetch(`${url}/consumers`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ paused }) })
    expect(answer.status).toBe(200)
  }
}

describe('the whole of Alcove', () => {
  it('accounts: register, verify, forget, reset, roles, log out, deactivate', async () => {
    const email = `${crypto.randomUUID()}@example.test`
    const tokenFrom = async (subject: RegExp) => {
      const mail = await eventually('the mail', async () => {
        const box = await api.call<{ items: { to: string; subject: string; text: string }[] }>('GET', '/dev/mailbox')
        return box.body.items.find((item) => item.to === email && subject.test(item.subject))
      })
      return /token=([A-Za-z0-9._~-]+)/.exec(mail.text)![1]!
    }
    const post = (path: string, body: unknown, token?: string) => api.call<{ accessToken: string }>('POST', `/api/v1/auth/${path}`, { body, token })
    expectDone(await post('register', { email, password: 'first-password', displayName: 'New Person' }))
    expectDone(await post('verify-email', { token: await tokenFrom(/verif|confirm/i) }))
    expectDone(await post('password/forgot', { email }))
    expectDone(await post('password/reset', { token: await tokenFrom(/reset|password/i), password: 'second-password' }))
    const { accessToken } = expectDone(await post('login', { email, password: 'second-password' })).body
    const { id } = (await api.call<{ id: string }>('GET', '/api/v1/users/me', { token: accessToken })).body
    expectDone(await admin.call('PUT', `/api/v1/auth/users/${id}/roles`, { roles: ['member', 'team-admin'] }))
    expectDone(await (await api.login('member8')).call('POST', '/api/v1/auth/logout'))
    const leaver = await api.login('member9')
    const kept = expectDone(await book(leaver, 1))
    expectDone(await admin.call('POST', `/api/v1/users/${leaver.userId}/deactivate`))
    await eventually('the booking of who left is cancelled', async () => (await statusOf(kept.body.id)) === 'cancelled')
    expectDone(await admin.call('POST', `/api/v1/users/${leaver.userId}/reactivate`))
    const back = await api.login('member9')
    await eventually('who came back books again', async () => (await book(back, 2)).status === 201)
  })

  it('people: a changed profile, a composed one, a team', async () => {
    expectDone(await member.call('PATCH', '/api/v1/users/me', { locale: 'de' }))
    expectDone(await member.call('GET', `/api/v1/users/${member.userId}/profile`))
    expectDone(await admin.call('POST', '/api/v1/teams', { name: `Team ${crypto.randomUUID()}` }))
  })

  it('places: made, changed, closed, archived', async () => {
    const other = await makePlace(operator)
    expectDone(await operator.call('PATCH', `/api/v1/locations/${other.locationId}`, { address: '2 Test Street' }))
    expectDone(await operator.call('PATCH', `/api/v1/spaces/${other.spaceId}`, { name: 'Renamed' }))
    const policy = expectDone(await operator.call<{ id: string }>('POST', '/api/v1/policies', { name: 'Test', minMinutes: 15 }))
    expectDone(await operator.call('PATCH', `/api/v1/policies/${policy.body.id}`, { minMinutes: 30 }))
    const rules = [{ unit: 'hour', amountMinor: 100 }]
    const prices = expectDone(await operator.call<{ id: string }>('POST', '/api/v1/price-books', { name: 'Test', currency: 'GBP', rules }))
    expectDone(await operator.call('PATCH', `/api/v1/price-books/${prices.body.id}`, { name: 'Other' }))
    const closure = { locationId: other.locationId, ...slot(30), reason: 'works' }
    const closed = expectDone(await operator.call<{ id: string }>('POST', '/api/v1/closures', closure))
    expectDone(await operator.call('DELETE', `/api/v1/closures/${closed.body.id}`))
    expectDone(await operator.call('DELETE', `/api/v1/spaces/${other.spaceId}`))
    expectDone(await operator.call('DELETE', `/api/v1/locations/${other.locationId}`))
  })

  it('bookings: paid, moved, cancelled, refunded, paid with credits, closed over', async () => {
    const booked = expectDone(await book(member, 2))
    await untilPaymentIs('captured', booked.body.id)
    const moved = { ...slot(3, 2), payment: card() }
    const { version } = ((await member.call('GET', `/api/v1/bookings/${booked.body.id}`)) as unknown as BookingAnswer).body
    expectDone(await member.call('PATCH', `/api/v1/bookings/${booked.body.id}`, moved, { 'if-match': `"${version}"` }))
    expectDone(await member.call('POST', `/api/v1/bookings/${booked.body.id}/cancel`, {}))
    await untilPaymentIs('refunded', booked.body.id)

    const wallet = await member.call<{ id: string }>('GET', '/api/v1/wallets/me')
    expectDone(await operator.call('POST', `/api/v1/wallets/${wallet.body.id}/grants`, { amountCredits: 5, reason: 'test' }))
    expectDone(await book(member, 5, { method: 'credits' }))

    const hit = await makePlace(operator, { hourMinor: 0 })
    expectDone(await book(member, 6, undefined, hit))
    expectDone(await operator.call('POST', '/api/v1/closures', { locationId: hit.locationId, ...slot(6), reason: 'works' }))
    await eventually('the member is told of the closure', async () => {
      const { body } = await member.call<{ items: { kind: string }[] }>('GET', '/api/v1/notifications')
      return body.items.some(({ kind }) => kind === 'booking-closure')
    })
  })

  it('money: a slow payment cancelled before it is decided is let go, a capture refused for good ends its booking', async () => {
    const pending = await book(member, 7, card('tok_slow'))
    expect(pending.status).toBe(202)
    expectDone(await member.call('POST', `/api/v1/bookings/${pending.body.id}/cancel`, {}))
    await untilPaymentIs('voided', pending.body.id)

    await setConsumers('payment', true)
    const unlucky = expectDone(await book(member, 8))
    // The provider lets an authorization expire before it is captured.
    await query(api.stack, 'payment', `UPDATE sandbox.charge SET status = 'expired' WHERE key = (SELECT attempt_id::text FROM payment WHERE booking_id = $1)`, [
      unlucky.body.id,
    ])
    await setConsumers('payment', false)
    await eventually('its booking is cancelled', async () => (await statusOf(unlucky.body.id)) === 'cancelled')
  })

  it('the audit log: who did what to whom, with sources from every service that saw a request', async () => {
    const booked = expectDone(await book(member, 3))
    expectDone(await operator.call('POST', `/api/v1/bookings/${booked.body.id}/cancel`, {}))
    const team = expectDone(await admin.call<{ id: string }>('POST', '/api/v1/teams', { name: `Team ${crypto.randomUUID()}` }))
    expectDone(await admin.call('POST', `/api/v1/teams/${team.body.id}/members`, { userId: member.userId, role: 'member' }))
    for (const action of ['session.started', 'team.member-added', 'space.created', 'booking.cancelled', 'wallet.granted'])
      await eventually(`${action} with its source`, async () => {
        const { body } = await admin.call<{ items: { source: { state: string; address: string | null } }[] }>('GET', `/api/v1/audit?action=${action}`)
        return body.items.some(({ source }) => source.state === 'known' && source.address !== null)
      })
  })

  it('a person is invited to a team, told by mail, and accepts', async () => {
    const team = expectDone(await admin.call<{ id: string }>('POST', '/api/v1/teams', { name: `Team ${crypto.randomUUID()}` }))
    const guest = await api.login('member12')
    expectDone(await admin.call('POST', `/api/v1/teams/${team.body.id}/invitations`, { email: 'member12@alcove.test', role: 'member' }))
    await eventually('the mail', async () => {
      const box = await api.call<{ items: { to: string; subject: string }[] }>('GET', '/dev/mailbox')
      return box.body.items.some((item) => item.to === 'member12@alcove.test' && item.subject.includes('invited'))
    })
    const mine = expectDone(await guest.call<{ items: { id: string; team: { id: string } }[] }>('GET', '/api/v1/users/me/invitations'))
    const invitation = mine.body.items.find((item) => item.team.id === team.body.id)!
    expectDone(await guest.call('POST', `/api/v1/users/me/invitations/${invitation.id}/accept`, {}))
  })

  it('operators: reports, the audit log, the overview, every service', async () => {
    for (const path of ['/reports/utilisation', '/reports/revenue', '/analytics/overview']) expectDone(await operator.call('GET', `/api/v1${path}`))
    for (const path of ['/admin/overview', '/admin/services', '/audit']) expectDone(await admin.call('GET', `/api/v1${path}`))
  })

  it('dead letters: reporting discards one, and says so in its own topic', async () => {
    await query(api.stack, 'event_log', `SELECT log_append('user', ARRAY['poison'], ARRAY['not JSON'])`)
    const letter = await eventually('the dead letter', async () => {
      const { body } = await admin.call<{ items: { id: string }[] }>('GET', '/api/v1/admin/dead-letters?service=reporting')
      return body.items[0]
    })
    expectDone(await admin.call('DELETE', `/api/v1/admin/dead-letters/${letter.id}`))
  })

  it('time: a booking whose payment never answered expires, another is attended and completed', async () => {
    const attended = expectDone(await book(member, 11))
    expectDone(await admin.call('PUT', '/dev/clock', { now: new Date(Date.parse(hourAt(11)) - 300_000).toISOString() }))
    expectDone(await member.call('POST', `/api/v1/bookings/${attended.body.id}/check-in`))
    expectDone(await admin.call('PUT', '/dev/clock', { now: hourAt(13) }))
    await eventually('it is completed', async () => (await statusOf(attended.body.id)) === 'completed')
    expectDone(await admin.call('DELETE', '/dev/clock'))

    api.stack.pause('payment')
    const unanswered = await book(member, 14)
    expect(unanswered.status).toBe(202)
    expectDone(await admin.call('PUT', '/dev/clock', { advanceSeconds: 1200 }))
    await eventually('it has expired', async () => (await statusOf(unanswered.body.id)) === 'expired')
    api.stack.resume('payment')
    expectDone(await admin.call('DELETE', '/dev/clock'))
  })
})

describe('the edges', () => {
  let seen: Seen

  /** Reads what was counted until nothing is wrong, since the last events are still on their way; answers what is wrong in the end. */
  const settle = async (judge: () => string[]): Promise<string[]> => {
    await eventually('everything that happened is counted', async () => {
      seen = await readSeen(api.stack)
      return judge().length === 0
    }).catch(() => undefined)
    return judge()
  }

  it('are those of the graph: none more, none unseen', async () => {
    expect(await settle(() => compareEdges(listDeclared(graph), seen.edges, excused))).toEqual([])
  })

  it('who takes a whole topic has taken every type that was published on it', async () => {
    const whole = graph.flatMap(({ name, consumes }) =>
      Object.entries(consumes).flatMap(([topic, { types }]) => types.filter((type) => type.endsWith('*')).map((pattern) => ({ name, topic, pattern }))),
    )
    expect(whole.length).toBeGreaterThan(0)
    const listUntaken = () =>
      whole.flatMap(({ name, topic, pattern }) => {
        const types = [...seen.publishedTypes].filter((each) => each.startsWith(`${topic}/`)).map((each) => each.slice(topic.length + 1))
        return types.map((type) => handled(name, topic, type)).filter((edge, index) => matchesType(pattern, types[index]!) && !seen.handledTypes.has(edge))
      })
    expect(await settle(listUntaken)).toEqual([])
  })

  // On what was just seen: each edge taken out of the graph, and one put in, is noticed by its name.
  it.each(graph.map(({ name }) => name))('of %s: one not declared, or one never seen, would have been noticed', (name) => {
    const change = (edit: (node: ServiceNode) => Partial<ServiceNode>) => graph.map((node) => (node.name === name ? { ...node, ...edit(node) } : node))
    const problemsOf = (changed: readonly ServiceNode[]) => compareEdges(listDeclared(changed), seen.edges, excused)
    for (const callee of graph.find((node) => node.name === name)!.calls) {
      expect(problemsOf(change(({ calls }) => ({ calls: calls.filter((each) => each !== callee) })))).toContain(
        `seen and not declared: ${called(name, callee)}`,
      )
    }
    for (const [topic, { mode, types }] of Object.entries(graph.find((node) => node.name === name)!.consumes)) {
      for (const type of types.filter((each) => !excused.includes(handled(name, topic, each)))) {
        const consumes = { [topic]: { mode, types: types.filter((each) => each !== type) } }
        expect(problemsOf(change((node) => ({ consumes: { ...node.consumes, ...consumes } })))).toContain(
          `seen and not declared: ${handled(name, topic, type)}`,
        )
      }
    }
    const stranger = graph.find((node) => node.name !== name && !graph.find((each) => each.name === name)!.calls.includes(node.name))
    if (stranger) {
      expect(problemsOf(change(({ calls }) => ({ calls: [...calls, stranger.name] })))).toContain(`declared and never seen: ${called(name, stranger.name)}`)
    }
  })
})
