import { createHmac, createSign, generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack } from '../../scripts/supervisor/stack.ts'
import { connect, eventually, type Api, type BookingAnswer, type Session } from './api.ts'
import { card, makePlace, slot, type Place } from './places.ts'

let api: Api
let operator: Session
let member: Session
let other: Session
let place: Place

beforeAll(async () => {
  const stack = await startStack({ demo: 'accounts', env: { RATE_LIMITS: 'off' } })
  api = connect(stack)
  operator = await api.login('operator')
  member = await api.login('member')
  other = await api.login('member2')
  place = await makePlace(operator)
})
afterAll(async () => {
  await api?.close()
  await api?.stack.down()
})

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const part = (token: string, index: number): Record<string, unknown> => JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString())

describe('tokens at the gateway and at a service itself', () => {
  const forge = async (): Promise<Record<string, string>> => {
    const header = part(member.token, 0)
    const claims = part(member.token, 1)
    const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const sign = (head: object, body: object): string => {
      const input = `${encode(head)}.${encode(body)}`
      return `${input}.${createSign('SHA256').update(input).sign({ key: keys.privateKey, dsaEncoding: 'ieee-p1363' }, 'base64url')}`
    }
    const jwks = await api.call<{ keys: { kid: string }[] }>('GET', '/.well-known/jwks.json')
    const publicKey = JSON.stringify(jwks.body.keys.find((key) => key.kid === header.kid))
    const hs = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`
    return {
      'alg none': `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`,
      'HS256 with the public key': `${hs}.${createHmac('sha256', publicKey).update(hs).digest('base64url')}`,
      'a known key id, another key': sign(header, claims),
      'an unknown key': sign({ ...header, kid: 'unknown' }, claims),
      'another person in the payload': member.token.replace(/\.[^.]+\./, `.${encode({ ...claims, sub: other.userId })}.`),
      'another audience': sign(header, { ...claims, aud: 'elsewhere' }),
      expired: sign(header, { ...claims, exp: 1 }),
      'not a token': 'abc',
    }
  }
  it('refuses every forged one', async () => {
    for (const [what, token] of Object.entries(await forge())) {
      expect(await api.call('GET', '/api/v1/users/me', { token }), what).toMatchObject({ status: 401, body: { type: '/problems/unauthenticated' } })
      expect(await api.call('GET', '/v1/bookings', { token, base: api.stack.urls.booking }), what).toMatchObject({ status: 401 })
    }
    expect((await member.call('GET', '/api/v1/users/me')).status).toBe(200)
  })

  it('refuses a service token as a user token, and a user token where a service token is needed', async () => {
    const token = await api.stack.serviceToken('booking', 'user')
    expect((await api.call('GET', '/api/v1/users/me', { token })).status).toBe(401)
    const inside = { base: api.stack.urls.user }
    expect((await api.call('GET', `/internal/people/${member.userId}`, { ...inside, token: member.token })).status).toBe(401)
    expect((await api.call('GET', `/internal/people/${member.userId}`, { ...inside, headers: { 'x-service-authorization': `Bearer ${token}` } })).status).toBe(
      200,
    )
    // A declared caller of another service, and one the graph does not allow.
    const elsewhere = await api.stack.serviceToken('booking', 'payment')
    expect(
      (await api.call('GET', `/internal/people/${member.userId}`, { ...inside, headers: { 'x-service-authorization': `Bearer ${elsewhere}` } })).status,
    ).toBe(401)
    const undeclared = await api.stack.serviceToken('payment', 'user')
    expect(
      (await api.call('GET', `/internal/people/${member.userId}`, { ...inside, headers: { 'x-service-authorization': `Bearer ${undeclared}` } })).status,
    ).toBe(403)
    expect((await api.call('GET', `/api/internal/people/${member.userId}`, { token: member.token })).status).toBe(404)
  })

  it('a session that ended is refused at the gateway', async () => {
    const session = await api.login('member5')
    expect((await session.call('GET', '/api/v1/users/me')).status).toBe(200)
    expect((await session.call('POST', '/api/v1/auth/logout')).status).toBe(204)
    await eventually('401', async () => (await session.call('GET', '/api/v1/users/me')).status === 401, 5000)
    expect((await api.login('member5')).userId).toBe(session.userId)
  })

  it('a gateway that was not there still knows what was revoked', async () => {
    const session = await api.login('member6')
    await api.stack.stop('gateway')
    const ended = await api.call('POST', '/v1/auth/logout', { base: api.stack.urls.auth, token: session.token })
    expect(ended.status).toBe(204)
    await api.stack.start('gateway')
    expect((await session.call('GET', '/api/v1/users/me')).status).toBe(401)
  })

  it('a used refresh token ends the whole family', async () => {
    const session = await api.login('member7')
    const refresh = (refreshToken: string) =>
      api.call<{ accessToken: string; refreshToken: string }>('POST', '/api/v1/auth/refresh', { body: { refreshToken } })
    const first = await refresh(session.refreshToken)
    expect(first.status).toBe(200)
    // Two tabs, or an answer that was lost: the same successor again.
    expect((await refresh(session.refreshToken)).body.refreshToken).toBe(first.body.refreshToken)
    const second = await refresh(first.body.refreshToken)
    expect(second.status).toBe(200)
    expect(await refresh(session.refreshToken)).toMatchObject({ status: 401, body: { type: '/problems/token-reused' } })
    expect((await refresh(second.body.refreshToken)).status).toBe(401)
    await eventually(
      'the access token is dead too',
      async () => (await api.call('GET', '/api/v1/users/me', { token: first.body.accessToken })).status === 401,
      5000,
    )
  })
})

describe('what is not theirs', () => {
  it('a member sees 404 for another’s booking, payment, wallet and inbox item, whatever the verb', async () => {
    const booked = (await member.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(0), payment: card() })) as unknown as BookingAnswer
    expect(booked.status).toBe(201)
    const id = booked.body.id
    const payment = await eventually(
      'a payment',
      async () => (await member.call<{ items: { id: string }[] }>('GET', `/api/v1/payments?bookingId=${id}`)).body.items[0],
    )
    const wallet = await member.call<{ id: string }>('GET', '/api/v1/wallets/me')
    const inbox = await eventually('an inbox item', async () => (await member.call<{ items: { id: string }[] }>('GET', '/api/v1/notifications')).body.items[0])
    const tries: [string, string, unknown?, Record<string, string>?][] = [
      ['GET', `/api/v1/bookings/${id}`],
      ['GET', `/api/v1/bookings/${id}/timeline`],
      ['PATCH', `/api/v1/bookings/${id}`, { title: 'mine' }, { 'if-match': '"2"' }],
      ['PATCH', `/api/v1/bookings/${id}`, { title: 'mine' }],
      ['POST', `/api/v1/bookings/${id}/cancel`, {}],
      ['POST', `/api/v1/bookings/${id}/check-in`],
      ['POST', `/api/v1/bookings/${id}/check-out`],
      ['POST', `/api/v1/bookings/${id}/pay`, { payment: card() }],
      ['GET', `/api/v1/payments/${payment.id}`],
      ['GET', `/api/v1/wallets/${wallet.body.id}`],
      ['GET', `/api/v1/wallets/${wallet.body.id}/transactions`],
      ['POST', `/api/v1/notifications/${inbox.id}/read`],
    ]
    for (const [method, path, body, headers] of tries)
      expect(await other.call(method, path, body, headers), `${method} ${path}`).toMatchObject({ status: 404, body: { type: '/problems/not-found' } })
    expect((await other.call<{ items: unknown[] }>('GET', `/api/v1/payments?bookingId=${id}`)).body.items).toEqual([])
    expect((await other.call<{ items: unknown[] }>('GET', '/api/v1/bookings')).body.items).toEqual([])
    expect((await member.call('GET', `/api/v1/bookings/${id}`)).body).toMatchObject({ status: 'confirmed', version: booked.body.version })
    expect((await operator.call('GET', `/api/v1/bookings/${id}`)).status).toBe(200)
  })

  it('a deactivated person is out within seconds, and future bookings are cancelled and refunded', async () => {
    const leaver = await api.login('member9')
    const admin = await api.login('admin')
    const booked = (await leaver.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(5), payment: card() })) as unknown as BookingAnswer
    expect(booked.status).toBe(201)
    expect((await member.call('POST', `/api/v1/users/${leaver.userId}/deactivate`)).status).toBe(403)
    const deactivated = await admin.call('POST', `/api/v1/users/${leaver.userId}/deactivate`)
    expect(deactivated.status).toBeLessThan(300)
    await eventually('401', async () => (await leaver.call('GET', '/api/v1/users/me')).status === 401, 5000)
    expect((await api.call('POST', '/api/v1/auth/login', { body: { email: 'member9@alcove.test', password: 'alcove-demo' } })).status).toBe(401)
    await eventually(
      'the booking is cancelled',
      async () => ((await operator.call('GET', `/api/v1/bookings/${booked.body.id}`)) as unknown as BookingAnswer).body.status === 'cancelled',
    )
    await eventually('nothing is kept', async () => {
      const payments = await operator.call<{ items: { capturedMinor: number; refundedMinor: number; status: string }[] }>(
        'GET',
        `/api/v1/payments?bookingId=${booked.body.id}`,
      )
      return payments.body.items.every((payment) => payment.capturedMinor === payment.refundedMinor && payment.status !== 'authorized')
    })
    expect((await member.call('POST', '/api/v1/bookings', { spaceId: place.spaceId, ...slot(5), payment: card() })).status).toBe(201)
  })

  it('a reactivated person logs in and books again; tokens from before stay dead', async () => {
    const [admin, leaver] = [await api.login('admin'), await api.login('member10')]
    expect((await admin.call('POST', `/api/v1/users/${leaver.userId}/deactivate`)).status).toBe(200)
    await eventually('401', async () => (await leaver.call('GET', '/api/v1/users/me')).status === 401, 5000)
    expect((await admin.call('POST', `/api/v1/users/${leaver.userId}/reactivate`)).status).toBe(200)
    const back = await api.login('member10')
    const body = { spaceId: place.spaceId, ...slot(6), payment: card() }
    await eventually('a booking', async () => (await back.call('POST', '/api/v1/bookings', body)).status === 201)
    expect((await leaver.call('GET', '/api/v1/users/me')).status).toBe(401)
  })

  it('an admin ends all sessions of somebody: every token is refused within 5 s, and a new login is welcome', async () => {
    const [admin, someone] = [await api.login('admin'), await api.login('member11')]
    expect((await member.call('DELETE', `/api/v1/auth/users/${someone.userId}/sessions`)).status).toBe(403)
    expect((await admin.call('DELETE', `/api/v1/auth/users/${someone.userId}/sessions`)).status).toBe(204)
    await eventually('401', async () => (await someone.call('GET', '/api/v1/users/me')).status === 401, 5000)
    expect((await (await api.login('member11')).call('GET', '/api/v1/users/me')).status).toBe(200)
  })
})

describe('registering', () => {
  it('goes from the form through the mailed link to a login, and a reset ends every session', async () => {
    const email = `${crypto.randomUUID()}@example.test`
    const mailTo = (subject: RegExp) =>
      eventually('the mail', async () => {
        const box = await api.call<{ items: { to: string; subject: string; text: string }[] }>('GET', '/dev/mailbox')
        return box.body.items.find((item) => item.to === email && subject.test(item.subject))
      })
    const tokenIn = (text: string): string => {
      const found = /token=([A-Za-z0-9._~-]+)/.exec(text)?.[1]
      if (!found) throw new Error(`no token in ${text}`)
      return found
    }
    expect((await api.call('POST', '/api/v1/auth/register', { body: { email, password: 'first-password', displayName: 'New Person' } })).status).toBe(202)
    const login = (password: string) => api.call<{ accessToken: string }>('POST', '/api/v1/auth/login', { body: { email, password } })
    expect((await login('first-password')).status).toBe(401)
    const verification = await mailTo(/verif|confirm/i)
    expect((await api.call('POST', '/api/v1/auth/verify-email', { body: { token: tokenIn(verification.text) } })).status).toBe(204)
    const session = await login('first-password')
    expect(session.status).toBe(200)
    expect((await api.call('GET', '/api/v1/users/me', { token: session.body.accessToken })).body).toMatchObject({
      email,
      displayName: 'New Person',
      roles: ['member'],
    })
    expect((await api.call('POST', '/api/v1/auth/password/forgot', { body: { email } })).status).toBe(202)
    const reset = await mailTo(/reset|password/i)
    expect((await api.call('POST', '/api/v1/auth/password/reset', { body: { token: tokenIn(reset.text), password: 'second-password' } })).status).toBe(204)
    expect((await login('first-password')).status).toBe(401)
    expect((await login('second-password')).status).toBe(200)
    await eventually(
      'the old session is out',
      async () => (await api.call('GET', '/api/v1/users/me', { token: session.body.accessToken })).status === 401,
      5000,
    )
  })
})
