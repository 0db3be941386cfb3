import { newId } from '@alcove/kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RoleName } from '../src/domain/account.ts'
import { type AuthSuite, startAuth } from './harness.ts'

let auth: AuthSuite
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

const put = (id: string, roles: unknown, headers: Record<string, string>) =>
  auth.app.inject({ method: 'PUT', url: `/v1/auth/users/${id}/roles`, payload: { roles }, headers })

describe('GET /v1/auth/roles', () => {
  it('lists each role with its named permissions to an admin', async () => {
    const { headers } = await auth.logInAs(['admin'])
    const { items, nextCursor } = (await auth.get('/v1/auth/roles', headers)).json()
    expect(items.map((role: { name: string }) => role.name)).toEqual(['member', 'team-admin', 'operator', 'admin'])
    for (const role of items) expect(role.permissions.length).toBeGreaterThan(0)
    expect(items[3].permissions).toEqual(expect.arrayContaining([...items[2].permissions, 'roles.manage']))
    expect(nextCursor).toBeNull()
  })

  it.each<RoleName>(['member', 'team-admin', 'operator'])('403 for %s', async (role) => {
    const { headers } = await auth.logInAs([role])
    expect((await auth.get('/v1/auth/roles', headers)).statusCode).toBe(403)
  })

  it('401 without a token', async () => {
    expect((await auth.get('/v1/auth/roles')).statusCode).toBe(401)
  })
})

describe('PUT /v1/auth/users/{id}/roles', () => {
  it('200 sets exactly these roles, with event and audit; the same again changes nothing', async () => {
    const admin = await auth.logInAs(['admin'])
    const { id } = await auth.createAccount()
    for (let time = 0; time < 2; time += 1) {
      const answer = await put(id, ['member', 'operator'], admin.headers)
      expect(answer.statusCode).toBe(200)
      expect(answer.json()).toEqual({ userId: id, roles: ['member', 'operator'] })
    }
    const events = (await auth.outbox({ key: id })).filter(({ type }) => type === 'account.roles-changed.v1')
    expect(events.map(({ data }) => data.roles)).toEqual([['member', 'operator']])
    expect((await auth.audits('roles.changed')).at(-1)).toMatchObject({ actor: { id: admin.account.id }, subject: id })
  })

  it.each<RoleName>(['member', 'team-admin', 'operator'])('403 for %s, also for the own account', async (role) => {
    const { account, headers } = await auth.logInAs([role])
    expect((await put(account.id, ['admin'], headers)).statusCode).toBe(403)
  })

  it('404 for nobody, 400 for unknown, repeated or no roles', async () => {
    const { headers } = await auth.logInAs(['admin'])
    expect((await put(newId(), ['member'], headers)).statusCode).toBe(404)
    for (const roles of [['root'], ['member', 'member'], [], 'member']) expect((await put(newId(), roles, headers)).statusCode).toBe(400)
  })
})

describe('409 illegal-transition', () => {
  it('keeps the last admin an admin and active, also when the last two demote each other at once', async () => {
    const lonely = await startAuth()
    let [one, other] = [await lonely.logInAs(['admin']), await lonely.logInAs(['admin'])]
    const demote = (id: string, headers: Record<string, string>) =>
      lonely.app.inject({ method: 'PUT', url: `/v1/auth/users/${id}/roles`, payload: { roles: ['member'] }, headers })
    for (let round = 0; round < 15; round += 1) {
      const answers = await Promise.all([demote(one.account.id, other.headers), demote(other.account.id, one.headers)])
      expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409])
      const left = answers[0]!.statusCode === 200 ? other : one
      ;[one, other] = [left, await lonely.logInAs(['admin'])]
    }
    const left = one
    expect((await demote(other.account.id, left.headers)).statusCode).toBe(200)
    const refused = await demote(left.account.id, left.headers)
    expect(refused.json().type).toBe('/problems/illegal-transition')
    const deactivated = await lonely.post(
      `/internal/accounts/${left.account.id}/deactivate`,
      { actorUserId: left.account.id },
      { headers: await lonely.asService('user') },
    )
    expect(deactivated.statusCode).toBe(409)
    await lonely.stop()
  })
})
