import { newId } from '@alcove/kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pointers, startUser, type UserSuite } from './harness.ts'

let user: UserSuite
beforeAll(async () => {
  user = await startUser()
})
afterAll(() => user.stop())

describe('GET /v1/users/me', () => {
  it('200 before the registration’s event has come: the profile is made from auth, once', async () => {
    const ann = await user.person(['member', 'operator'], { displayName: 'Ann' })
    const answers = await Promise.all(Array.from({ length: 5 }, () => user.call('GET', '/v1/users/me', { as: ann.as })))
    for (const answer of answers) {
      expect(answer.json()).toEqual({
        id: ann.id,
        email: ann.email,
        displayName: 'Ann',
        locale: 'en',
        timeZone: 'UTC',
        teams: [],
        roles: ['member', 'operator'],
        status: 'active',
      })
    }
    expect((await user.outbox(ann.id)).map(({ type }) => type)).toEqual(['user.profile-updated.v1'])
  })

  it('lists the teams with name and role', async () => {
    const ann = await user.person()
    const team = (await user.call('POST', '/v1/teams', { as: ann.as, body: { name: 'Design' } })).json()
    const { teams } = (await user.call('GET', '/v1/users/me', { as: ann.as })).json()
    expect(teams).toEqual([{ id: team.id, name: 'Design', role: 'team-admin' }])
  })

  it('401 without a token; 404 for a token whose person auth does not know', async () => {
    expect((await user.call('GET', '/v1/users/me')).statusCode).toBe(401)
    expect((await user.call('GET', '/v1/users/me', { as: await user.ctx.tokens.as(['member'], newId()) })).statusCode).toBe(404)
  })

  it('503 naming auth while auth is down', async () => {
    const ann = await user.person()
    user.auth.state.down = true
    const answer = await user.call('GET', '/v1/users/me', { as: ann.as })
    user.auth.state.down = false
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toMatchObject({ type: '/problems/dependency-unavailable', dependency: 'auth' })
    expect(answer.headers['retry-after']).toBe('3')
  })
})

describe('PATCH /v1/users/me', () => {
  it('200 changes what is given, in canonical form, and leaves the rest', async () => {
    const ann = await user.person(['member'], { displayName: 'Ann' })
    const answer = await user.call('PATCH', '/v1/users/me', { as: ann.as, body: { displayName: '  Anna ', locale: 'de-at' } })
    expect(answer.json()).toMatchObject({ displayName: 'Anna', locale: 'de-AT', timeZone: 'UTC', email: ann.email })
    const next = await user.call('PATCH', '/v1/users/me', { as: ann.as, body: { timeZone: 'europe/berlin' } })
    expect(next.json()).toMatchObject({ displayName: 'Anna', locale: 'de-AT', timeZone: 'Europe/Berlin' })
    expect((await user.outbox(ann.id)).at(-1)!.data).toMatchObject({ version: 3, locale: 'de-AT', timeZone: 'Europe/Berlin', status: 'active' })
    expect(JSON.stringify(await user.outbox(ann.id))).not.toContain('Anna')
  })

  it('emits nothing when nothing changes', async () => {
    const ann = await user.person()
    for (let time = 0; time < 2; time += 1) {
      await user.call('PATCH', '/v1/users/me', { as: ann.as, body: { timeZone: 'Asia/Kolkata' } })
      expect((await user.call('PATCH', '/v1/users/me', { as: ann.as, body: {} })).json().timeZone).toBe('Asia/Kolkata')
    }
    expect(await user.outbox(ann.id)).toHaveLength(2)
  })

  it('loses no member when ten changes come at once', async () => {
    const ann = await user.person()
    const zones = ['Europe/Berlin', 'Europe/London']
    const bodies = Array.from({ length: 10 }, (_, index) => (index % 2 ? { timeZone: zones[index % 4 === 1 ? 0 : 1]! } : { displayName: `Name ${index}` }))
    await Promise.all(bodies.map((body) => user.call('PATCH', '/v1/users/me', { as: ann.as, body })))
    const me = (await user.call('GET', '/v1/users/me', { as: ann.as })).json()
    expect(zones).toContain(me.timeZone)
    expect(me.displayName).toMatch(/^Name \d$/)
  })

  it('400 points at every member that is not valid', async () => {
    const ann = await user.person()
    const unreal = await user.call('PATCH', '/v1/users/me', { as: ann.as, body: { locale: 'not a tag', timeZone: 'Mars/Olympus' } })
    expect(unreal.statusCode).toBe(400)
    expect(pointers(unreal)).toEqual(['/locale', '/timeZone'])
    const shapeless = await user.call('PATCH', '/v1/users/me', { as: ann.as, body: { displayName: ' ', email: 'new@example.org', timeZone: 7 } })
    expect(pointers(shapeless).sort()).toEqual(['/displayName', '/email', '/timeZone'])
    for (const timeZone of ['+01:00', 'UTC+1', '']) expect((await user.call('PATCH', '/v1/users/me', { as: ann.as, body: { timeZone } })).statusCode).toBe(400)
  })

  it('503 while auth is down, with nothing changed', async () => {
    const ann = await user.person()
    await user.call('GET', '/v1/users/me', { as: ann.as })
    user.auth.state.down = true
    const answer = await user.call('PATCH', '/v1/users/me', { as: ann.as, body: { displayName: 'Other' } })
    user.auth.state.down = false
    expect(answer.statusCode).toBe(503)
    expect((await user.call('GET', '/v1/users/me', { as: ann.as })).json().displayName).toBe(ann.displayName)
  })

  it('401 without a token', async () => {
    expect((await user.call('PATCH', '/v1/users/me', { body: {} })).statusCode).toBe(401)
  })
})
