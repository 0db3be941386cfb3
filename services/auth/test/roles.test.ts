import { newId } from '@alcove/kit'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RoleName } from '../src/domain/account.ts'
import { setRoles } from '../src/domain/set-roles.ts'
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

describe('a token from before a change of roles', () => {
  it('makes nobody an admin again, and opens no route of admins, though it still says admin', async () => {
    const [kept, demoted] = [await auth.logInAs(['admin']), await auth.logInAs(['admin'])]
    expect((await put(demoted.account.id, ['member'], kept.headers)).statusCode).toBe(200)
    expect((await put(demoted.account.id, ['admin'], demoted.headers)).statusCode).toBe(403)
    expect((await auth.get('/v1/auth/roles', demoted.headers)).statusCode).toBe(403)
    const ended = await auth.app.inject({ method: 'DELETE', url: `/v1/auth/users/${kept.account.id}/sessions`, headers: demoted.headers })
    expect(ended.statusCode).toBe(403)
    expect((await auth.post('/v1/auth/refresh', { refreshToken: kept.tokens.refreshToken })).statusCode).toBe(200)
  })

  it('is judged again in the transaction of the act: an admin who was demoted meanwhile changes nothing', async () => {
    const { id } = await auth.createAccount()
    const former = await auth.createAccount({ roles: ['operator'] })
    const act = setRoles(auth.deps, { userId: id, roles: ['admin'], actorUserId: former.id, origin: { address: '', userAgent: null, requestId: null } })
    await expect(act).rejects.toMatchObject({ slug: 'forbidden' })
    expect((await auth.outbox({ key: id })).map(({ type }) => type)).not.toContain('account.roles-changed.v1')
  })

  it('is told from one made after it by the account’s version', async () => {
    const admin = await auth.logInAs(['admin'])
    const { account, tokens } = await auth.logInAs(['member'])
    await put(account.id, ['operator'], admin.headers)
    const { version } = (await auth.outbox({ key: account.id })).at(-1)!.data
    expect(decodeJwt(tokens.accessToken).ver).toBeLessThan(version)
    const next = (await auth.post('/v1/auth/refresh', { refreshToken: tokens.refreshToken })).json()
    expect(decodeJwt(next.accessToken)).toMatchObject({ ver: version, roles: ['operator'] })
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
      const [done, refused] = answers.map(({ statusCode }) => statusCode).sort()
      // Refused as the last admin's, or because the one who asks is no admin any more: whichever is found first.
      expect([done, refused === 403 || refused === 409]).toEqual([200, true])
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
