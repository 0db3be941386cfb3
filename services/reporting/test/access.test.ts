import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFixture, type Fixture } from './fixture.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await createFixture()
})
afterAll(() => fixture.close())

const forOperators = ['/v1/reports/utilisation', '/v1/reports/revenue', '/v1/analytics/overview']

describe('who may read reports', () => {
  it.each([...forOperators, '/v1/audit'])('%s answers 401 without a token or with one that is not good', async (url) => {
    expect((await fixture.app.inject({ url })).statusCode).toBe(401)
    const expired = await fixture.context.tokens.userToken({ roles: ['admin'], expiresInSeconds: -1 })
    expect((await fixture.app.inject({ url, headers: { authorization: `Bearer ${expired}` } })).statusCode).toBe(401)
  })

  it.each(forOperators)('%s is for operators and admins', async (url) => {
    expect((await fixture.get(url, 'member')).status).toBe(403)
    expect((await fixture.get(url, 'team-admin')).status).toBe(403)
    expect((await fixture.get(url, 'operator')).status).toBe(200)
    expect((await fixture.get(url, 'admin')).status).toBe(200)
  })

  it('/v1/audit is for admins alone', async () => {
    for (const role of ['member', 'team-admin', 'operator'] as const) expect((await fixture.get('/v1/audit', role)).status).toBe(403)
    expect((await fixture.get('/v1/audit', 'admin')).status).toBe(200)
  })
})
