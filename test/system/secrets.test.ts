import { appendFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { DeadLetter, ServiceName } from '@alcove/contracts'
import { newId } from '@alcove/kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, type BookingAnswer, type Session } from './api.ts'
import { query } from './databases.ts'
import { card, makePlace, slot } from './places.ts'
import { startGround, untilToldOf, whileRefusing, type Ground } from './secrets/ground.ts'
import { readLogs, type Vault } from './secrets/vault.ts'

// Logs hold no token, password, card or address (of people: postal, e-mail and network addresses alike), nor what people wrote.
// Every value used here is remembered, and at the end every log, every span and every metric is searched for each of them.

let ground: Ground
let vault: Vault
let member: Session
const person = { email: '', password: '', displayName: '' }

beforeAll(async () => {
  ground = await startGround()
  vault = ground.vault
  Object.assign(person, {
    email: vault.makeEmail('e-mail address'),
    password: vault.make('first password', 'Pass-'),
    displayName: vault.make('display name', 'Ada '),
  })
})
afterAll(() => ground?.close())

const urls = () => ground.api.stack.urls
const makeAddress = (of: string) => ({
  label: vault.make(`label of ${of}`),
  line1: vault.make(`street of ${of}`),
  line2: vault.make(`floor of ${of}`),
  city: vault.make(`city of ${of}`),
  postalCode: vault.keep(`postal code of ${of}`, newId().slice(-12)),
  countryCode: 'GB',
})
const makeWish = (of: string, hours: number) => ({
  spaceId: ground.place.spaceId,
  ...slot(hours),
  title: vault.make(`title of ${of}`),
  attendees: [{ email: vault.makeEmail(`guest of ${of}`), name: vault.make(`guest’s name of ${of}`) }],
  payment: card(),
})
const book = async (wish: object) => (await member.call('POST', '/api/v1/bookings', wish, { 'idempotency-key': newId() })) as unknown as BookingAnswer

describe('what people do', () => {
  it('an account: registered, verified, refreshed, forgotten, reset, changed, and a refresh token used twice', async () => {
    const { post, logIn, readMailedToken } = ground
    expect((await post('/auth/register', person)).status).toBe(202)
    expect((await post('/auth/verify-email', { token: await readMailedToken(person.email, 'verify-email') })).status).toBe(204)
    member = await logIn(person.email, person.password)
    const refreshed = await post('/auth/refresh', { refreshToken: member.refreshToken })
    expect(refreshed.status).toBe(200)
    const again = await post('/auth/refresh', { refreshToken: refreshed.body.refreshToken })
    expect(again.status).toBe(200)
    for (const name of ['accessToken', 'refreshToken']) {
      vault.keep(`refreshed ${name}`, refreshed.body[name] as string)
      vault.keep(`refreshed again ${name}`, again.body[name] as string)
    }
    expect(await post('/auth/refresh', { refreshToken: member.refreshToken })).toMatchObject({ status: 401, body: { type: '/problems/token-reused' } })
    expect((await post('/auth/password/forgot', { email: person.email })).status).toBe(202)
    const second = vault.make('second password', 'Pass-')
    expect((await post('/auth/password/reset', { token: await readMailedToken(person.email, 'reset-password'), password: second })).status).toBe(204)
    const third = vault.make('third password', 'Pass-')
    const session = await logIn(person.email, second)
    expect((await session.call('POST', '/api/v1/auth/password/change', { currentPassword: second, newPassword: third })).status).toBe(204)
    person.password = third
    expect((await (await logIn(person.email, third)).call('POST', '/api/v1/auth/logout')).status).toBe(204)
    member = await logIn(person.email, third)
  })

  it('a profile, an address, a team; a booking with a guest, changed, cancelled and told of; one that the bank refuses', async () => {
    expect((await member.call('POST', '/api/v1/users/me/addresses', makeAddress('an address'))).status).toBe(201)
    expect((await member.call('PATCH', '/api/v1/users/me', { displayName: vault.make('new display name') })).status).toBe(200)
    expect((await ground.admin.call('POST', '/api/v1/teams', { name: vault.make('name of a team') })).status).toBe(201)
    const booked = await book({ ...makeWish('a booking', 0), payment: card(vault.keep('card', 'tok_ok')) })
    expect(booked.status).toBe(201)
    const { id } = booked.body
    expect((await member.call('POST', `/api/v1/bookings/${id}/cancel`, { reason: vault.make('reason of a cancellation') })).status).toBe(200)
    await eventually('a mail tells of it', async () => {
      const box = await ground.api.call<{ items: { to: string; subject: string }[] }>('GET', '/dev/mailbox?limit=50')
      return box.body.items.some((item) => item.to === person.email && /cancel/i.test(item.subject))
    })
    const changed = await book(makeWish('a booking to change', 2))
    const change = { title: vault.make('new title'), endsAt: slot(2, 2).endsAt, attendees: [{ email: vault.makeEmail('new guest') }], payment: card() }
    const version = { 'if-match': `"${changed.body.version}"` }
    expect((await member.call('PATCH', `/api/v1/bookings/${changed.body.id}`, change, version)).status).toBe(200)
    expect((await book({ ...makeWish('a refused booking', 5), payment: card(vault.make('refused card', 'tok_')) })).status).toBe(402)
  })

  it('what operators write: a closure, a refund, a grant', async () => {
    const { operator, place } = ground
    const paid = await book(makeWish('a booking to refund', 8))
    const { body } = await operator.call<{ items: { id: string }[] }>('GET', `/api/v1/payments?bookingId=${paid.body.id}`)
    const refund = { amountMinor: 100, reason: vault.make('reason of a refund') }
    await eventually(
      'it is captured and can be refunded',
      async () => (await operator.call('POST', `/api/v1/payments/${body.items[0]!.id}/refunds`, refund)).status === 201,
    )
    const closure = { locationId: place.locationId, ...slot(8), reason: vault.make('reason of a closure') }
    expect((await operator.call('POST', '/api/v1/closures', closure)).status).toBe(201)
    const wallet = await member.call('GET', '/api/v1/wallets/me')
    const grant = { amountCredits: 5, reason: vault.make('reason of a grant') }
    expect((await operator.call('POST', `/api/v1/wallets/${wallet.body.id as string}/grants`, grant)).status).toBe(201)
  })
})

describe('what goes wrong', () => {
  it('requests: secrets in broken bodies, in unknown members, in queries and paths, in tokens that nobody issued', async () => {
    const { post, api } = ground
    const headers = { 'content-type': 'application/json' }
    const broken = await fetch(`${urls().gateway}/api/v1/auth/login`, {
      method: 'POST',
      headers,
      body: `{"password": "${vault.make('password in broken JSON')}`,
    })
    expect(broken.status).toBe(400)
    expect((await post('/auth/register', { ...person, password: 1, secret: vault.make('unknown member') })).status).toBe(400)
    expect((await post('/auth/login', { email: person.email, password: vault.make('wrong password') })).status).toBe(401)
    expect((await post('/auth/refresh', { refreshToken: vault.make('unknown refresh token') })).status).toBe(401)
    expect((await post('/auth/verify-email', { token: vault.make('unknown token') })).status).toBeGreaterThanOrEqual(400)
    const payment = { method: 'card', number: vault.keep('card number', '4111111111111111') }
    expect((await post('/bookings', { spaceId: ground.place.spaceId, ...slot(0), payment })).status).toBe(401)
    expect((await book({ ...makeWish('a wrong body', 0), spaceId: 'x', payment })).status).toBe(400)
    expect((await member.call('GET', `/api/v1/bookings?token=${vault.make('token in a query')}`)).status).toBe(400)
    expect((await api.call('GET', `/api/v1/nowhere/${vault.make('token in a path')}`)).status).toBe(404)
    for (const bad of [`Bearer ${vault.make('bad token')}`, vault.make('bad scheme'), `Bearer ${member.token}${vault.make('bad signature')}`]) {
      expect((await api.call('GET', '/api/v1/users/me', { headers: { authorization: bad } })).status).toBe(401)
      const inside = { base: urls().user, headers: { 'x-service-authorization': bad } }
      expect((await api.call('GET', `/internal/people/${member.userId}`, inside)).status).toBe(401)
    }
  })

  it('connections: a request that is no HTTP, and headers that never end', async () => {
    const { hostname, port } = new URL(urls().gateway)
    const say = async (text: string) => {
      const socket = connectTcp(Number(port), hostname)
      socket.end(text)
      return (await buffer(socket)).toString()
    }
    const broken = `authorization: Bearer ${vault.make('token of a broken request')}\r\nno header`
    expect(await say(`GET /${vault.make('path of a broken request')} HTTP/1.1\r\n${broken}\r\n\r\n`)).toMatch(/^HTTP\/1.1 400 /)
    expect(await say(`GET / HTTP/1.1\r\nhost: x\r\ncookie: ${vault.make('cookie of a huge request')}${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /)
  })

  it('a database that refuses whole rows: in every service, whatever the row holds', { timeout: 300_000 }, async () => {
    const { api, post, operator, place } = ground
    const kept = await book(makeWish('a booking whose cancellation fails', 20))
    const wallet = await member.call<{ id: string }>('GET', '/api/v1/wallets/me')
    const cancel = (reason: string) => member.call('POST', `/api/v1/bookings/${kept.body.id}/cancel`, { reason })
    const grant = (reason: string) => operator.call('POST', `/api/v1/wallets/${wallet.body.id}/grants`, { amountCredits: 5, reason })
    const close = (reason: string) => operator.call('POST', '/api/v1/closures', { locationId: place.locationId, ...slot(90), reason })
    const failed = async (answer: Promise<{ status: number }>) => expect((await answer).status).toBeGreaterThanOrEqual(500)
    // What answers all the same works on afterwards, or says nothing of whom it knows.
    const cases: [ServiceName, table: string, () => Promise<unknown>][] = [
      ['auth', 'account', () => post('/auth/register', { ...person, email: vault.makeEmail('address of an account that failed') })],
      ['auth', 'session', () => failed(post('/auth/login', { email: person.email, password: person.password }))],
      ['auth', 'one_time_token', () => post('/auth/password/forgot', { email: person.email })],
      ['user', 'address', () => failed(member.call('POST', '/api/v1/users/me/addresses', makeAddress('an address that failed')))],
      ['user', 'profile', () => failed(member.call('PATCH', '/api/v1/users/me', { displayName: vault.make('name that failed') }))],
      ['user', 'team', () => failed(member.call('POST', '/api/v1/teams', { name: vault.make('name of a team that failed') }))],
      ['booking', 'booking', () => failed(book(makeWish('a booking that failed', 22)))],
      ['booking', 'attempt', () => failed(book({ ...makeWish('an attempt that failed', 24), payment: card(vault.make('card of a failed one', 'tok_')) }))],
      ['booking', 'booking_history', () => failed(cancel(vault.make('reason that failed')))],
      ['booking', 'idempotency', () => failed(book(makeWish('a booking whose memory failed', 26)))],
      ['payment', 'payment', () => book(makeWish('a payment that failed', 28))],
      ['payment', 'wallet_bucket', () => failed(grant(vault.make('reason of a grant that failed')))],
      ['notification', 'notification', () => book(makeWish('a booking whose notice failed', 30))],
      ['workspace', 'closure', () => failed(close(vault.make('closure that failed')))],
    ]
    for (const [service, table, work] of cases) {
      await whileRefusing(api, [service, table], async () => {
        await work()
        await untilToldOf(api, [service, table])
      })
    }
  })

  it('events: a handler whose database refuses rows, poison, dead letters shown, replayed with changes and discarded', { timeout: 300_000 }, async () => {
    const { api, admin, operator } = ground
    const free = await makePlace(operator, { hourMinor: 0, kind: 'room', capacity: 4 })
    const path = '/api/v1/admin/dead-letters'
    const findLetter = (service: ServiceName) =>
      eventually(`a dead letter of ${service}`, async () => (await admin.call<{ items: DeadLetter[] }>('GET', `${path}?service=${service}`)).body.items[0])
    const letter = await whileRefusing(api, ['notification', 'message'], async () => {
      expect((await book({ ...makeWish('a booking that nobody is told of', 1), spaceId: free.spaceId, payment: undefined })).status).toBe(201)
      await untilToldOf(api, ['notification', 'message'])
      const found = await findLetter('notification')
      const transform = [{ op: 'replace', path: '/data/nothing', value: vault.make('value of a patch') }]
      for (const body of [{}, { dryRun: true }, { transform }]) await admin.call('POST', `${path}/${found.id}/replay`, body)
      return found
    })
    expect((await admin.call('POST', `${path}/${letter.id}/replay`, {})).status).toBe(200)
    const event = { specversion: '1.0', id: newId(), source: '/alcove/auth', type: 'account.registered.v1', subject: newId(), time: new Date().toISOString() }
    const poison = [
      `no JSON ${vault.make('text of a poisoned message')}`,
      `{"email": "${vault.makeEmail('address in a poisoned message')}"`,
      JSON.stringify({
        ...event,
        datacontenttype: 'application/json',
        data: { version: 1, displayName: vault.make('name in a wrong event'), email: [vault.makeEmail('address in a wrong event')] },
      }),
    ]
    await query(api.stack, 'event_log', `SELECT log_append('account', $1, $2)`, [poison.map(() => newId()), poison])
    const poisoned = await findLetter('user')
    expect((await admin.call('GET', `${path}/${poisoned.id}`)).status).toBe(200)
    expect((await admin.call('DELETE', `${path}/${poisoned.id}`)).status).toBe(204)
  })

  it('processes that die or are away, and a database that cannot be reached', { timeout: 300_000 }, async () => {
    const { stack } = ground.api
    const pending = book({ ...makeWish('a booking while payment dies', 40), payment: card('tok_slow') })
    await stack.kill('payment')
    expect([201, 202, 503]).toContain((await pending).status)
    await stack.waitReady()
    await stack.stop('workspace')
    expect((await book(makeWish('a booking without workspace', 42))).status).toBe(503)
    await stack.start('workspace')
    const good = stack.databaseUrls.reporting!
    const bad = new URL(good)
    bad.password = vault.make('password that no database knows')
    // Not awaited: it is never ready.
    const restarted = stack.setEnv('reporting', { DATABASE_URL: bad.href }).catch(() => undefined)
    await eventually('reporting says that it cannot log in', async () => /password authentication failed|28P01/.test(stack.logs('reporting')))
    await stack.setEnv('reporting', { DATABASE_URL: good })
    await restarted
  })
})

describe('afterwards', () => {
  it('no log of any process holds one of them', () => {
    expect(vault.values().length).toBeGreaterThan(200)
    for (const value of vault.values()) expect(value.length).toBeGreaterThan(5)
    const logs = readLogs(ground.api.stack)
    expect(logs.map(({ file }) => file)).toEqual(expect.arrayContaining(Object.keys(urls()).map((name) => `${name}.log`)))
    for (const { file, text } of logs) expect(text.length, file).toBeGreaterThan(100)
    expect(logs.flatMap(({ file, text }) => vault.find(text).map((name) => `${name} in ${file}`))).toEqual([])
  })

  it('nor does any span or metric', async () => {
    expect(ground.receiver.spans().length).toBeGreaterThan(100)
    expect(vault.find(ground.receiver.text())).toEqual([])
    for (const service of Object.keys(urls()) as ServiceName[]) {
      for (const url of ground.api.stack.opsUrls(service)) expect(vault.find(await (await fetch(`${url}/metrics`)).text()), service).toEqual([])
    }
  })

  it('and each of them would have been found: this search is no blind one', () => {
    const { stack } = ground.api
    for (const value of vault.values()) {
      appendFileSync(join(stack.dir, 'logs', 'planted.log'), `{"level":"info","msg":"about ${value}."}\n`)
    }
    const planted = readLogs(stack).find(({ file }) => file === 'planted.log')!
    expect(vault.find(planted.text).length).toBeGreaterThan(70)
    const unfound = planted.text.split('\n').filter((line) => line !== '' && vault.find(line).length === 0)
    expect(unfound).toEqual([])
  })
})
