import { newId, type Role } from '@alcove/kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setStanding } from '../src/domain/set-standing.ts'
import { startUser, type UserSuite } from './harness.ts'

let user: UserSuite
beforeAll(async () => {
  user = await startUser()
})
afterAll(() => user.stop())

describe('GET /v1/users', () => {
  const find = async (query: string) => {
    const { as } = await user.person(['operator'], { email: 'the-operator@elsewhere.net', displayName: 'Olga' })
    return (await user.call('GET', `/v1/users?${query}`, { as })).json() as { items: { id: string; email: string }[]; nextCursor: string | null }
  }

  it('finds by a part of the name or the e-mail address, in any case, newest first, in pages without gap or repeat', async () => {
    const made: string[] = []
    for (let index = 0; index < 9; index += 1) {
      const byName = { displayName: `Zora${index}`, email: `a${index}@example.org` }
      const byMail = { displayName: `Other${index}`, email: `x.ZORA${index}@example.org`.toLowerCase() }
      const both = { displayName: `zoRA${index}`, email: `zora${index}@example.org` }
      const person = await user.person(['member'], [byName, byMail, both][index % 3])
      // Every other one has a profile, the rest are known to auth alone; by name only profiles can be found.
      if (index % 3 !== 1) await user.call('GET', '/v1/users/me', { as: person.as })
      made.push(person.id)
    }
    const seen: string[] = []
    let cursor = ''
    for (;;) {
      const page = await find(`query=Zora&limit=2${cursor}`)
      expect(page.items.length).toBeLessThanOrEqual(2)
      seen.push(...page.items.map(({ id }) => id))
      if (page.nextCursor === null) break
      cursor = `&cursor=${page.nextCursor}`
    }
    expect(seen).toEqual(made.reverse())
  })

  it('takes wildcards as themselves', async () => {
    const odd = await user.person(['member'], { displayName: '100%_sure' })
    await user.call('GET', '/v1/users/me', { as: odd.as })
    expect((await find(`query=${encodeURIComponent('%_s')}`)).items.map(({ id }) => id)).toEqual([odd.id])
    expect((await find('query=%25%25')).items).toEqual([])
  })

  it('lists everybody without a query, with e-mail address and roles', async () => {
    const { items } = await find('limit=200')
    expect(items.length).toBeGreaterThan(3)
    expect(items[0]).toMatchObject({ email: expect.stringContaining('@'), roles: expect.any(Array), teams: [] })
  })

  it.each<Role>(['member', 'team-admin'])('403 for %s', async (role) => {
    expect((await user.call('GET', '/v1/users', { as: (await user.person([role])).as })).statusCode).toBe(403)
  })

  it('401 without a token; 400 for unknown parameters and cursors; 503 while auth is down', async () => {
    expect((await user.call('GET', '/v1/users')).statusCode).toBe(401)
    const { as } = await user.person(['admin'])
    for (const query of ['q=x', 'limit=0', 'limit=201', 'cursor=nonsense', 'query='])
      expect((await user.call('GET', `/v1/users?${query}`, { as })).statusCode).toBe(400)
    user.auth.state.down = true
    expect((await user.call('GET', '/v1/users?query=a', { as })).statusCode).toBe(503)
    user.auth.state.down = false
  })
})

describe('GET /v1/users/{id}', () => {
  it('shows id and name to others, everything to the person and to operators', async () => {
    const ann = await user.person(['member'], { displayName: 'Ann' })
    const bob = await user.person()
    const url = `/v1/users/${ann.id}`
    expect((await user.call('GET', url, { as: bob.as })).json()).toEqual({ id: ann.id, displayName: 'Ann' })
    expect((await user.call('GET', url, { as: (await user.person(['team-admin'])).as })).json()).toEqual({ id: ann.id, displayName: 'Ann' })
    const all = { id: ann.id, displayName: 'Ann', email: ann.email, roles: ['member'], status: 'active' }
    for (const as of [ann.as, (await user.person(['operator'])).as, (await user.person(['admin'])).as])
      expect((await user.call('GET', url, { as })).json()).toMatchObject(all)
  })

  it('answers others from the profile alone, so auth may be down', async () => {
    const [ann, bob] = [await user.person(), await user.person()]
    await user.call('GET', '/v1/users/me', { as: ann.as })
    user.auth.state.down = true
    const answer = await user.call('GET', `/v1/users/${ann.id}`, { as: bob.as })
    user.auth.state.down = false
    expect(answer.statusCode).toBe(200)
  })

  it('404 for nobody, 400 for what is no id, 401 without a token', async () => {
    const { as } = await user.person()
    expect((await user.call('GET', `/v1/users/${newId()}`, { as })).statusCode).toBe(404)
    expect((await user.call('GET', '/v1/users/nonsense', { as })).statusCode).toBe(400)
    expect((await user.call('GET', `/v1/users/${newId()}`)).statusCode).toBe(401)
  })
})

describe('POST /v1/users/{id}/reactivate', () => {
  it('200 lets the person in again at once, emits one event, and changes nothing when repeated', async () => {
    const [ann, root] = [await user.person(), await user.person(['admin'])]
    await user.call('GET', '/v1/users/me', { as: ann.as })
    await user.call('POST', `/v1/users/${ann.id}/deactivate`, { as: root.as })
    for (let time = 0; time < 2; time += 1) {
      const answer = await user.call('POST', `/v1/users/${ann.id}/reactivate`, { as: root.as })
      expect(answer.statusCode).toBe(200)
      expect(answer.json()).toMatchObject({ id: ann.id, status: 'active' })
    }
    const person = await user.app.inject({ method: 'GET', url: `/internal/people/${ann.id}`, headers: await user.ctx.tokens.asService('booking') })
    expect(person.json().status).toBe('active')
    expect((await user.outbox(ann.id)).map(({ data }) => data.status)).toEqual(['active', 'deactivated', 'active'])
  })

  it('of a deactivation and a reactivation that overtake each other the one that auth decided last stays', async () => {
    const ann = await user.person(['member'])
    await user.call('GET', '/v1/users/me', { as: ann.as })
    await user.pool.query('UPDATE profile SET account_version = 9 WHERE id = $1', [ann.id])
    const { deps } = user
    const late = { userId: ann.id, status: 'deactivated' as const, accountVersion: 8, now: deps.now() }
    await deps.inTransaction((stores) => setStanding(stores, late))
    expect((await deps.people.find(ann.id))!.status).toBe('active')
    await deps.inTransaction((stores) => setStanding(stores, { ...late, accountVersion: 9 }))
    expect((await deps.people.find(ann.id))!.status).toBe('deactivated')
  })

  it('404 for nobody, 503 while auth is down', async () => {
    const root = await user.person(['admin'])
    expect((await user.call('POST', `/v1/users/${newId()}/reactivate`, { as: root.as })).statusCode).toBe(404)
    user.auth.state.down = true
    expect((await user.call('POST', `/v1/users/${root.id}/reactivate`, { as: root.as })).statusCode).toBe(503)
    user.auth.state.down = false
  })

  it.each<Role>(['member', 'team-admin', 'operator'])('403 for %s', async (role) => {
    const person = await user.person([role])
    expect((await user.call('POST', `/v1/users/${person.id}/reactivate`, { as: person.as })).statusCode).toBe(403)
  })

  it('400 for what is no id, 401 without a token', async () => {
    const root = await user.person(['admin'])
    expect((await user.call('POST', '/v1/users/x/reactivate', { as: root.as })).statusCode).toBe(400)
    expect((await user.call('POST', `/v1/users/${newId()}/reactivate`)).statusCode).toBe(401)
  })
})

describe('POST /v1/users/{id}/deactivate', () => {
  it('200 marks the person at once, emits one event, and changes nothing when repeated', async () => {
    const [ann, root] = [await user.person(), await user.person(['admin'])]
    await user.call('GET', '/v1/users/me', { as: ann.as })
    for (let time = 0; time < 2; time += 1) {
      const answer = await user.call('POST', `/v1/users/${ann.id}/deactivate`, { as: root.as })
      expect(answer.statusCode).toBe(200)
      expect(answer.json()).toMatchObject({ id: ann.id, status: 'deactivated' })
    }
    const person = await user.app.inject({ method: 'GET', url: `/internal/people/${ann.id}`, headers: await user.ctx.tokens.asService('booking') })
    expect(person.json().status).toBe('deactivated')
    expect((await user.outbox(ann.id)).map(({ data }) => data.status)).toEqual(['active', 'deactivated'])
  })

  it('404 for nobody, 409 passes through for the last admin, 503 while auth is down', async () => {
    const root = await user.person(['admin'])
    expect((await user.call('POST', `/v1/users/${newId()}/deactivate`, { as: root.as })).statusCode).toBe(404)
    const refused = await user.call('POST', `/v1/users/${root.id}/deactivate`, { as: root.as })
    expect([refused.statusCode, refused.json().type]).toEqual([409, '/problems/illegal-transition'])
    user.auth.state.down = true
    expect((await user.call('POST', `/v1/users/${root.id}/deactivate`, { as: root.as })).statusCode).toBe(503)
    user.auth.state.down = false
  })

  it.each<Role>(['member', 'team-admin', 'operator'])('403 for %s, also for the own account', async (role) => {
    const person = await user.person([role])
    expect((await user.call('POST', `/v1/users/${person.id}/deactivate`, { as: person.as })).statusCode).toBe(403)
  })

  it('401 without a token', async () => {
    expect((await user.call('POST', `/v1/users/${newId()}/deactivate`)).statusCode).toBe(401)
  })
})
