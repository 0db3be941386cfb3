import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuthSuite, password, startAuth } from './harness.ts'

let auth: AuthSuite
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

async function register() {
  const email = auth.newEmail()
  await auth.post('/v1/auth/register', { email, password, displayName: 'Ann' })
  const account = await auth.findAccountByEmail(email)
  const [token] = await auth.mailedTokens(account!.id)
  return { email, id: account!.id, token: token! }
}
const verify = (token: string) => auth.post('/v1/auth/verify-email', { token })

describe('204', () => {
  it('activates the account and says so in one event', async () => {
    const { email, id, token } = await register()
    expect((await auth.post('/v1/auth/login', { email, password })).statusCode).toBe(401)
    expect((await verify(token)).statusCode).toBe(204)
    expect((await auth.outbox({ key: id })).at(-1)).toMatchObject({ type: 'account.verified.v1', data: { status: 'active', version: 3 } })
    await auth.login(email)
  })
})

describe('401 invalid-credentials', () => {
  it('refuses a token that was used', async () => {
    const { token } = await register()
    await verify(token)
    const again = await verify(token)
    expect(again.statusCode).toBe(401)
    expect(again.json().type).toMatch(/invalid-credentials$/)
  })

  it('lets exactly one of ten concurrent uses through', async () => {
    const { id, token } = await register()
    const answers = await Promise.all(Array.from({ length: 10 }, () => verify(token)))
    expect(answers.filter(({ statusCode }) => statusCode === 204)).toHaveLength(1)
    expect((await auth.outbox({ key: id })).filter(({ type }) => type === 'account.verified.v1')).toHaveLength(1)
  })

  it('refuses made-up and overdue tokens', async () => {
    expect((await verify('made-up')).statusCode).toBe(401)
    const { token } = await register()
    auth.time.advance({ hours: 24, seconds: 1 })
    expect((await verify(token)).statusCode).toBe(401)
  })

  it('refuses a token of another purpose', async () => {
    const { email, id } = await auth.createAccount()
    await auth.post('/v1/auth/password/forgot', { email })
    const [reset] = await auth.mailedTokens(id)
    expect((await verify(reset!)).statusCode).toBe(401)
  })
})
