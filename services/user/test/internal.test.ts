import { newId } from '@alcove/kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startUser, type UserSuite } from './harness.ts'

let user: UserSuite
beforeAll(async () => {
  user = await startUser()
})
afterAll(() => user.stop())

const get = async (url: string, caller: 'booking' | 'gateway' | 'payment' = 'booking') =>
  user.app.inject({ method: 'GET', url, headers: await user.ctx.tokens.asService(caller) })

describe('GET /internal/people/{id}', () => {
  it('200 from one statement and without auth once the profile is there', async () => {
    const ann = await user.person(['member'], { displayName: 'Ann' })
    const { id: teamId } = (await user.call('POST', '/v1/teams', { as: ann.as, body: { name: 'Design' } })).json()
    const { calls } = user.auth.state
    let statements = 0
    const counting = { query: (...given: unknown[]) => ((statements += 1), (user.pool.query as (...all: unknown[]) => unknown)(...given)) }
    const { createPeopleReader } = await import('../src/db/people.ts')
    await createPeopleReader(counting as never).find(ann.id)
    expect(statements).toBe(1)
    expect((await get(`/internal/people/${ann.id}`)).json()).toEqual({
      id: ann.id,
      status: 'active',
      displayName: 'Ann',
      locale: 'en',
      timeZone: 'UTC',
      planId: null,
      teams: [{ id: teamId, role: 'team-admin' }],
    })
    expect(user.auth.state.calls).toBe(calls)
  })

  it('makes the profile when the registration’s event has not come; 404 for nobody; 503 only when auth is needed and down', async () => {
    const fresh = user.createAccount()
    expect((await get(`/internal/people/${fresh.id}`)).statusCode).toBe(200)
    expect((await get(`/internal/people/${newId()}`)).statusCode).toBe(404)
    user.auth.state.down = true
    expect((await get(`/internal/people/${fresh.id}`)).statusCode).toBe(200)
    expect((await get(`/internal/people/${newId()}`)).statusCode).toBe(503)
    user.auth.state.down = false
  })

  it('needs the service token of a declared caller', async () => {
    const ann = await user.person(['admin'])
    const url = `/internal/people/${ann.id}`
    expect((await user.call('GET', url)).statusCode).toBe(401)
    expect((await user.call('GET', url, { as: ann.as })).statusCode).toBe(401)
    expect((await get(url, 'payment')).statusCode).toBe(403)
  })
})

describe('GET /internal/people/{id}/profile', () => {
  it('200 with teams by name and every address, for the gateway to compose', async () => {
    const ann = await user.person(['member'], { displayName: 'Ann' })
    const body = { label: 'Home', line1: '1 Quay Street', postalCode: 'E1', city: 'London', countryCode: 'GB' }
    const address = (await user.call('POST', '/v1/users/me/addresses', { as: ann.as, body })).json()
    const team = (await user.call('POST', '/v1/teams', { as: ann.as, body: { name: 'Design' } })).json()
    expect((await get(`/internal/people/${ann.id}/profile`, 'gateway')).json()).toEqual({
      id: ann.id,
      displayName: 'Ann',
      locale: 'en',
      timeZone: 'UTC',
      planId: null,
      teams: [{ id: team.id, name: 'Design', role: 'team-admin' }],
      addresses: [address],
    })
    expect((await get(`/internal/people/${newId()}/profile`, 'gateway')).statusCode).toBe(404)
  })
})
