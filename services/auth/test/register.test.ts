import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuthSuite, password, startAuth } from './harness.ts'

let auth: AuthSuite
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

const register = (email: string, given = password, displayName = 'Ann Example') => auth.post('/v1/auth/register', { email, password: given, displayName })

describe('202', () => {
  it('makes an unverified account and asks for one mail, without the token at rest', async () => {
    const email = auth.newEmail()
    const answer = await register(`${email.toUpperCase()}`, password, '  Ann  ')
    expect(answer.statusCode).toBe(202)
    expect(answer.body).toBe('')
    const account = await auth.findAccountByEmail(email)
    expect(account).toMatchObject({ status: 'unverified', roles: ['member'], password_hash: null, display_name: 'Ann', version: 2 })
    const events = await auth.outbox({ key: account!.id })
    expect(events.map(({ type }) => type)).toEqual(['account.registered.v1', 'account.verification-requested.v1'])
    const [token] = await auth.mailedTokens(account!.id)
    const { rows } = await auth.pool.query(`SELECT t::text AS text FROM one_time_token t UNION ALL SELECT o::text FROM outbox o`)
    expect(rows.some(({ text }) => (text as string).includes(token!))).toBe(false)
  })

  it('answers a known address like a new one, with the same hash, the same kind of transaction and no event of the account', async () => {
    const { email, id } = await auth.createAccount()
    const seen: string[] = []
    const { app } = auth.build({
      hasher: { ...auth.deps.hasher, hash: (given) => (seen.push('hash'), auth.deps.hasher.hash(given)) },
      inTransaction: (origin, work) => (seen.push('transaction'), auth.deps.inTransaction(origin, work)),
    })
    const before = (await auth.outbox({ key: id })).length
    const audited = (await auth.audits('account.registration-requested')).length
    const payload = { password, displayName: 'Mallory' }
    const known = await app.inject({ method: 'POST', url: '/v1/auth/register', payload: { ...payload, email } })
    const forKnown = seen.splice(0)
    const fresh = await app.inject({ method: 'POST', url: '/v1/auth/register', payload: { ...payload, email: auth.newEmail() } })
    expect([known.statusCode, known.body]).toEqual([fresh.statusCode, fresh.body])
    expect(forKnown).toEqual(['hash', 'transaction'])
    expect(seen).toEqual(forKnown)
    expect((await auth.outbox({ key: id })).length).toBe(before)
    expect((await auth.audits('account.registration-requested')).length).toBe(audited + 2)
    expect(await auth.findAccountByEmail(email)).toMatchObject({ display_name: 'Ann Example', version: 2 })
    await app.close()
  })

  it('gives an account the password of the registration whose mail was followed, whoever registered the address before or after', async () => {
    const email = auth.newEmail()
    await register(email, 'the stranger was first', 'Stranger')
    await register(email, 'the owner comes second', 'Owner')
    await register(email, 'the stranger comes again', 'Stranger')
    const account = await auth.findAccountByEmail(email)
    const [, owners] = await auth.mailedTokens(account!.id)
    expect((await auth.post('/v1/auth/verify-email', { token: owners })).statusCode).toBe(204)
    expect((await auth.post('/v1/auth/login', { email, password: 'the owner comes second' })).statusCode).toBe(200)
    expect((await auth.post('/v1/auth/login', { email, password: 'the stranger comes again' })).statusCode).toBe(401)
    expect((await auth.findAccountByEmail(email))!.display_name).toBe('Owner')
  })

  it('429 with Retry-After beyond the mails of a minute, over all replicas and for everybody alike, before any hash; then again 202', async () => {
    const capped = await startAuth({ MAIL_CAP_PER_MINUTE: '3' })
    let hashed = 0
    const counting = { ...capped.deps.hasher, hash: () => ((hashed += 1), Promise.resolve('hash')) }
    const replicas = [capped.build({ hasher: counting }).app, capped.build({ hasher: counting }).app]
    const { email } = await capped.createAccount()
    const ask = (index: number) =>
      index % 2 === 0
        ? replicas[0]!.inject({ method: 'POST', url: '/v1/auth/register', payload: { email: capped.newEmail(), password, displayName: 'Ann' } })
        : replicas[1]!.inject({ method: 'POST', url: '/v1/auth/password/forgot', payload: { email: index === 1 ? email : 'nobody@example.org' } })
    const answers = []
    for (let index = 0; index < 5; index += 1) answers.push(await ask(index))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202, 202, 429, 429])
    expect(answers[3]!.json().type).toBe('/problems/rate-limited')
    expect(Number(answers[3]!.headers['retry-after'])).toBeGreaterThan(0)
    expect(hashed).toBe(2)
    capped.time.advance({ minutes: 1 })
    expect((await ask(0)).statusCode).toBe(202)
    await Promise.all(replicas.map((app) => app.close()))
    await capped.stop()
  })

  it('sends no more than five mails an hour to an address, and accepts every request', async () => {
    const email = auth.newEmail()
    for (let attempt = 0; attempt < 7; attempt += 1) expect((await register(email)).statusCode).toBe(202)
    const account = await auth.findAccountByEmail(email)
    expect(await auth.mailedTokens(account!.id)).toHaveLength(5)
    auth.time.advance({ hours: 1, minutes: 1 })
    await register(email)
    expect(await auth.mailedTokens(account!.id)).toHaveLength(6)
  })

  it('makes one account when an address is registered ten times at once', async () => {
    const email = auth.newEmail()
    const answers = await Promise.all(Array.from({ length: 10 }, () => register(email)))
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([202]))
    const account = await auth.findAccountByEmail(email)
    expect((await auth.outbox({ key: account!.id })).filter(({ type }) => type === 'account.registered.v1')).toHaveLength(1)
  })
})

describe('400', () => {
  it('names every broken field at once', async () => {
    const answer = await auth.post('/v1/auth/register', { email: 'nobody', password: 'short', displayName: '   ', isAdmin: true })
    expect(answer.statusCode).toBe(400)
    const pointers = answer.json().errors.map((error: { pointer: string }) => error.pointer)
    expect(new Set(pointers)).toEqual(new Set(['/email', '/password', '/displayName', '/isAdmin']))
  })

  it.each([
    ['password', 'a'.repeat(129)],
    ['displayName', 'a'.repeat(101)],
    ['displayName', 'tab\tand\u0000nul'],
    ['email', `a@${'b.'.repeat(126)}c`],
  ])('refuses %s beyond its bounds', async (member, value) => {
    const answer = await auth.post('/v1/auth/register', { email: auth.newEmail(), password, displayName: 'Ann', [member]: value })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors.map((error: { pointer: string }) => error.pointer)).toContain(`/${member}`)
  })
})
