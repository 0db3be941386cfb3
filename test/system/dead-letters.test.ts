import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { bookingConfirmed, type AuditEntry, type DeadLetter, type DeadLetterDetail, type ReplayResult } from '@alcove/contracts'
import { createPool } from '@alcove/database'
import { createEmbeddedLog, messageBytesMax, type Transport } from '@alcove/events'
import { createLogger, newId, newTraceparent } from '@alcove/kit'
import { buildEvent } from '@alcove/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack } from '../../scripts/supervisor/stack.ts'
import { connect, eventually, type Answer, type Api, type BookingAnswer, type Session } from './api.ts'
import { query } from './databases.ts'
import { arm } from './faults/armed.ts'
import { card, makePlace, slot, type Place } from './places.ts'

let api: Api
let admin: Session
let operator: Session
let member: Session
let other: Session
let place: Place
let log: Transport

beforeAll(async () => {
  const stack = await startStack({ demo: 'accounts', testControls: true, durable: false, env: { RATE_LIMITS: 'off' } })
  api = connect(stack)
  ;[admin, operator, member, other] = await Promise.all([api.login('admin'), api.login('operator'), api.login('member'), api.login('member2')])
  place = await makePlace(operator)
  log = createEmbeddedLog({ pool: createPool({ url: stack.databaseUrls.event_log! }), log: createLogger({ service: 'test', level: 'silent' }) })
})
afterAll(async () => {
  await log?.close()
  await api?.close()
  await api?.stack.down()
})

const path = '/api/v1/admin/dead-letters'
const publish = (value: string, key: string) => log.publish('booking', [{ key, value }])
const list = async (filter: string) => (await admin.call<{ items: DeadLetter[]; missing: string[] }>('GET', `${path}?limit=200&${filter}`)).body.items
const lettersOf = async (service: string, key: string) => (await list(`service=${service}`)).filter((letter) => letter.key === key)
const replay = (id: string, body: object = {}): Promise<Answer<ReplayResult & { detail?: string }>> => admin.call('POST', `${path}/${id}/replay`, body)
const auditOf = async (id: string) => (await admin.call<{ items: AuditEntry[] }>('GET', `/api/v1/audit?subject=${id}`)).body.items

let hours = 0
async function book(by: Session): Promise<BookingAnswer['body']> {
  const answer = (await by.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(hours++), payment: card() })) as unknown as BookingAnswer
  expect(answer.status).toBe(201)
  return answer.body
}

async function mailsAbout(reference: string): Promise<{ subject: string; to: string }[]> {
  const { body } = await api.call<{ items: { subject: string; to: string; text: string }[] }>('GET', '/dev/mailbox?limit=200')
  return body.items.filter(({ subject }) => subject.includes(reference))
}

describe('messages that nobody can read', () => {
  it('stand as dead letters of every consumer with the reason, for operators to see, and block nobody', async () => {
    const key = newId()
    const event = buildEvent(bookingConfirmed, { ...bookingConfirmed.example, bookingId: key }, { subject: key })
    await publish('{"this is": no JSON', key)
    await publish(JSON.stringify({ hello: 'world' }), key)
    await publish(JSON.stringify({ ...event, type: 'booking.teleported.v1' }), key)
    await publish(JSON.stringify({ ...event, id: newId(), type: 'booking.confirmed.v99' }), key)
    await publish(JSON.stringify({ ...event, id: newId(), data: { ...event.data, note: 'x'.repeat(messageBytesMax) } }), key)
    // Behind them on the same key, and a real booking on another.
    await publish(JSON.stringify({ ...event, id: newId(), time: '1999-12-31T23:59:59Z' }), key)
    const booking = await book(member)
    await eventually('the confirmation of a booking', async () => (await mailsAbout(booking.reference)).length === 1)

    const everything = ['not-json', 'not-cloudevents', 'unknown-type', 'unknown-type', 'too-large']
    for (const service of ['payment', 'reporting'] as const) {
      const letters = await eventually(`five dead letters in ${service}`, async () => {
        const found = await lettersOf(service, key)
        return found.length === 5 && found
      })
      expect(letters.map(({ code }) => code).reverse()).toEqual(everything)
      expect(letters.every(({ reason, topic, attempts }) => reason === 'poison' && topic === 'booking' && attempts === 1)).toBe(true)
    }
    // notification names the types it wants: others are nothing to it.
    expect((await lettersOf('notification', key)).map(({ code }) => code).reverse()).toEqual(['not-json', 'not-cloudevents', 'too-large'])
    await eventually('reporting has what came behind', async () => {
      const [row] = await query<{ n: number }>(api.stack, 'reporting', 'SELECT count(*)::int AS n FROM raw_event WHERE subject = $1', [key])
      return row!.n === 1
    })
    expect((await operator.call('GET', path)).status).toBe(200)
    expect((await member.call('GET', path)).status).toBe(403)
    expect((await operator.call('POST', `${path}/replay`, {})).status).toBe(403)
    const { body: services } = await operator.call<{ items: { name: string; deadLetters: number }[] }>('GET', '/api/v1/admin/services')
    expect(services.items.find(({ name }) => name === 'payment')!.deadLetters).toBeGreaterThanOrEqual(5)
  })
})

describe('a handler that fails', () => {
  const constraint = 'dead_letters_test'
  let letter: DeadLetter
  let reference: string
  beforeAll(async () => {
    await query(api.stack, 'notification', `ALTER TABLE message ADD CONSTRAINT ${constraint} CHECK (user_id <> '${member.userId}') NOT VALID`)
    const bad = await book(member)
    const good = await book(other)
    reference = bad.reference
    await eventually('the confirmation of another member', async () => (await mailsAbout(good.reference)).length === 1)
    letter = await eventually('the dead letter', async () => (await lettersOf('notification', bad.id))[0])
  })

  it('leaves the event with its error, attempts and trace after five tries, while other keys go on', async () => {
    expect(letter).toMatchObject({ type: 'booking.confirmed.v1', topic: 'booking', reason: 'failed', attempts: 5, error: expect.stringContaining(constraint) })
    const { body } = await operator.call<DeadLetterDetail>('GET', `${path}/${letter.id}`)
    expect(body).toMatchObject({ ...letter, event: { id: letter.eventId, type: letter.type, data: { reference } } })
    expect(body.trace).toContain(constraint)
    expect(body.traceparent).toMatch(/^00-[0-9a-f]{32}-/)
  })

  it('is refused a replay while it still fails, and a dry run says so', async () => {
    expect(await replay(letter.id, { dryRun: true })).toMatchObject({ status: 200, body: { outcome: 'failed', error: expect.stringContaining(constraint) } })
    const refused = await replay(letter.id)
    expect(refused).toMatchObject({ status: 409, body: { type: '/problems/illegal-transition', detail: expect.stringContaining(constraint) } })
    expect(await lettersOf('notification', letter.key)).toHaveLength(1)
    expect(await mailsAbout(reference)).toEqual([])
  })

  it('once mended has its effect once, also when the process is killed in the middle and many ask at once; the audit log says who asked', async () => {
    await query(api.stack, 'notification', `ALTER TABLE message DROP CONSTRAINT ${constraint}`)
    expect(await replay(letter.id, { dryRun: true })).toMatchObject({ body: { outcome: 'applied', error: null } })
    expect(await mailsAbout(reference)).toEqual([])

    const armed = await arm(api.stack, 'notification', 'replay.effect')
    expect((await replay(letter.id)).status).toBe(503)
    await armed.survive()
    expect(armed.isKilled()).toBe(true)
    const count = 'SELECT (SELECT count(*)::int FROM dead_letter WHERE id = $1) AS letters, (SELECT count(*)::int FROM message WHERE event_id = $2) AS messages'
    expect(await query(api.stack, 'notification', count, [letter.id, letter.eventId])).toEqual([{ letters: 1, messages: 0 }])

    const answers = await eventually('the replays', async () => {
      const all = await Promise.all([1, 2, 3, 4].map(() => replay(letter.id)))
      return all.every(({ status }) => status === 200) && all
    })
    expect(answers.map(({ body }) => body.outcome)).toEqual(['applied', 'applied', 'applied', 'applied'])
    await eventually('the confirmation', async () => (await mailsAbout(reference)).length > 0)
    expect((await replay(letter.id)).body.outcome).toBe('applied')
    const { messages } = (await query<{ messages: number }>(api.stack, 'notification', count, [letter.id, letter.eventId]))[0]!
    // One for the mail, one for the inbox.
    expect(messages).toBe(2)
    expect(await mailsAbout(reference)).toHaveLength(1)
    const entries = await eventually('the audit record', async () => {
      const found = await auditOf(letter.id)
      return found.length > 0 && found
    })
    expect(entries).toMatchObject([{ action: 'dead-letter.replayed', actor: { type: 'user', id: admin.userId }, subject: letter.id }])
    expect((await admin.call('GET', `${path}/${letter.id}`)).status).toBe(404)
  })
})

describe('an event that no handler can take', () => {
  const transform = [{ op: 'replace', path: '/data/version', value: 2 }]
  const traceparent = newTraceparent()
  let key: string
  let letters: Record<'reporting' | 'notification', DeadLetter>
  beforeAll(async () => {
    key = newId()
    // Valid by its schema, and too large for every table's column.
    const data = { ...bookingConfirmed.example, bookingId: key, userId: member.userId, version: 3_000_000_000, attempts: [] }
    await publish(JSON.stringify(buildEvent(bookingConfirmed, data, { subject: key, traceparent })), key)
    const find = (service: string) => eventually(`the dead letter of ${service}`, async () => (await lettersOf(service, key))[0])
    letters = { reporting: await find('reporting'), notification: await find('notification') }
  })

  it('is mended by a transform, keeps key and trace, and has its effect once', async () => {
    const { id } = letters.reporting
    expect((await replay(id, { dryRun: true })).body).toMatchObject({ outcome: 'failed', error: expect.stringContaining('out of range') })
    expect((await replay(id, { dryRun: true, transform })).body).toMatchObject({ outcome: 'applied' })
    expect((await replay(id, { transform: [{ op: 'replace', path: '/subject', value: newId() }] })).status).toBe(409)
    expect((await replay(id, { transform: [{ op: 'twist', path: '/data' }] })).status).toBe(400)
    const answers = await Promise.all([replay(id, { transform }), replay(id, { transform })])
    expect(answers.map(({ status, body }) => [status, body.outcome])).toEqual([
      [200, 'applied'],
      [200, 'applied'],
    ])
    const rows = await query<{ event: { traceparent: string; subject: string; data: { version: number } } }>(
      api.stack,
      'reporting',
      'SELECT event FROM raw_event WHERE subject = $1',
      [key],
    )
    expect(rows).toMatchObject([{ event: { subject: key, traceparent, data: { version: 2 } } }])
    expect(await query(api.stack, 'reporting', 'SELECT version FROM booking WHERE id = $1', [key])).toEqual([{ version: 2 }])
  })

  it('is superseded where a newer one came meanwhile', async () => {
    const aggregate = newId()
    const build = (version: number) =>
      buildEvent(bookingConfirmed, { ...bookingConfirmed.example, bookingId: aggregate, version, attempts: [] }, { subject: aggregate })
    await publish(JSON.stringify(build(3_000_000_000)), aggregate)
    await publish(JSON.stringify(build(5)), aggregate)
    const versions = () => query<{ version: number }>(api.stack, 'reporting', 'SELECT version FROM booking WHERE id = $1', [aggregate])
    await eventually('the newer one', async () => (await versions()).length === 1)
    const [letter] = await lettersOf('reporting', aggregate)
    const older = [{ op: 'replace', path: '/data/version', value: 4 }]
    expect((await replay(letter!.id, { transform: older })).body).toMatchObject({ outcome: 'superseded' })
    expect(await versions()).toEqual([{ version: 5 }])
    await eventually('the audit record', async () => (await auditOf(letter!.id)).some(({ action }) => action === 'dead-letter.superseded'))
  })

  it('can be discarded for good', async () => {
    const { id } = letters.notification
    expect((await admin.call('DELETE', `${path}/${id}`)).status).toBe(204)
    expect((await admin.call('GET', `${path}/${id}`)).status).toBe(404)
    expect((await replay(id)).status).toBe(404)
    await eventually('the audit record', async () => (await auditOf(id)).some(({ action }) => action === 'dead-letter.discarded'))
  })
})

describe('pnpm dlq', () => {
  const script = fileURLToPath(new URL('../../scripts/dlq.ts', import.meta.url))
  const dlq = (...line: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, [script, ...line], { env: { ...process.env, ALCOVE_URL: api.stack.urls.gateway } }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      )
    })

  it('lists, shows, tries, replays and discards, with exit codes to rely on', async () => {
    const key = newId()
    await publish('{"broken', key)
    const event = buildEvent(bookingConfirmed, { ...bookingConfirmed.example, bookingId: key, attempts: [] }, { subject: key })
    const letter = await eventually('the dead letter', async () => (await lettersOf('payment', key))[0])

    const listed = await dlq('list', '--service', 'payment', '--limit', '500', '--json')
    expect(listed.code).toBe(0)
    expect((JSON.parse(listed.stdout) as { items: DeadLetter[] }).items).toContainEqual(letter)
    expect((await dlq('list', '--service', 'payment')).stdout).toMatch(new RegExp(`^${letter.id}  payment +\\S+ +- +${key}  poison: not-json`, 'm'))
    expect((await dlq('show', letter.id)).stdout).toContain('{"broken')
    expect(await dlq('replay', letter.id, '--dry-run')).toMatchObject({ code: 1, stdout: expect.stringContaining('would be failed') })
    const transform = JSON.stringify([{ op: 'replace', path: '', value: event }])
    expect(await dlq('replay', letter.id, '--transform', transform)).toMatchObject({ code: 0, stdout: expect.stringContaining('1 applied') })
    expect(await dlq('replay', '--service', 'booking', '--rate', '50', '--limit', '10')).toMatchObject({ code: 0, stdout: 'There was nothing to replay.\n' })
    const [left] = await eventually('the dead letter of reporting', async () => {
      const found = await lettersOf('reporting', key)
      return found.length > 0 && found
    })
    expect(await dlq('discard', left!.id)).toMatchObject({ code: 0 })
    expect(await dlq('show', left!.id)).toMatchObject({ code: 1, stderr: expect.stringContaining('404') })
    expect(await dlq('list', '--token', 'x')).toMatchObject({ code: 1, stderr: expect.stringContaining('401') })
    expect((await dlq('replay')).code).toBe(2)
    expect((await dlq('list', '--url', 'http://127.0.0.1:9')).code).toBe(3)
    expect((await dlq('--help')).stdout).toContain('Exit codes')
  })
})

describe('a service that may not ask', () => {
  it('is 401 with a forged token, 403 where the graph does not let it in, and counted', async () => {
    const ask = async (token: string) => {
      const options = { base: api.stack.urls.booking, headers: { 'x-service-authorization': `Bearer ${token}` } }
      return (await api.call('GET', '/internal/dead-letters?limit=1', options)).status
    }
    const [header, , signature] = (await api.stack.serviceToken('admin', 'booking')).split('.')
    const claims = { iss: 'https://elsewhere.test', aud: 'booking', sub: 'system:serviceaccount:alcove:admin', iat: 1, exp: 4_000_000_000 }
    const forged = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
    const counts = async () => {
      const text = await (await fetch(`${api.stack.opsUrls('booking')[0]}/metrics`)).text()
      return ['invalid', 'undeclared'].map((judgement) =>
        [...text.matchAll(new RegExp(`^alcove_service_tokens_total\\{[^}]*judgement="${judgement}"[^}]*\\} (\\d+)$`, 'gm'))].reduce(
          (sum, [, n]) => sum + Number(n),
          0,
        ),
      )
    }
    const [invalid, undeclared] = await counts()
    expect(await ask(forged)).toBe(401)
    expect(await ask(await api.stack.serviceToken('admin', 'payment'))).toBe(401)
    expect(await ask(await api.stack.serviceToken('payment', 'booking'))).toBe(403)
    // A declared caller of booking, which has no business with its dead letters.
    expect(await ask(await api.stack.serviceToken('workspace', 'booking'))).toBe(403)
    expect(await ask(await api.stack.serviceToken('admin', 'booking'))).toBe(200)
    expect(await counts()).toEqual([invalid! + 2, undeclared! + 1])
  })
})
