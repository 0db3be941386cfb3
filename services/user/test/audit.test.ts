import { addAuditSourceRoute, forgetAuditSources } from '@alcove/events'
import { createApp, newId } from '@alcove/kit'
import { listAudited, readAudits } from '@alcove/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startUser, type Headers, type UserSuite } from './harness.ts'

let user: UserSuite
beforeAll(async () => {
  user = await startUser()
})
afterAll(() => user.stop())

type Person = Awaited<ReturnType<UserSuite['person']>>
interface Given {
  admin: Person
  member: Person
  teamId: string
  /** Of the audited request. */
  as: Headers
}
interface Told {
  action: string
  subject: string
  person: string | null
  before: object | null
  after: object | null
}
const add = (teamId: string, userId: string, as: Headers, role = 'member') => user.call('POST', `/v1/teams/${teamId}/members`, { as, body: { userId, role } })

/** Each act as somebody else does it, and what the log then says. */
const acts: Record<string, (given: Given) => Promise<Told>> = {
  async 'update-team'({ teamId, as }) {
    await user.call('PATCH', `/v1/teams/${teamId}`, { as, body: { name: 'Secret plans' } })
    return { action: 'team.renamed', subject: teamId, person: null, before: null, after: null }
  },
  async 'add-team-member'({ teamId, member, as }) {
    await add(teamId, member.id, as)
    return { action: 'team.member-added', subject: teamId, person: member.id, before: { role: null }, after: { role: 'member' } }
  },
  async 'add-team-member, another role'({ teamId, member, admin, as }) {
    await add(teamId, member.id, admin.as)
    await add(teamId, member.id, as, 'team-admin')
    return { action: 'team.member-role-changed', subject: teamId, person: member.id, before: { role: 'member' }, after: { role: 'team-admin' } }
  },
  async 'invite-team-member'({ teamId, member, as }) {
    await user.call('POST', `/v1/teams/${teamId}/invitations`, { as, body: { userId: member.id, role: 'member' } })
    return { action: 'team.member-invited', subject: teamId, person: member.id, before: { role: null }, after: { role: 'member' } }
  },
  async 'withdraw-team-invitation'({ teamId, member, admin, as }) {
    const invited = await user.call('POST', `/v1/teams/${teamId}/invitations`, { as: admin.as, body: { userId: member.id, role: 'member' } })
    await user.call('DELETE', `/v1/teams/${teamId}/invitations/${invited.json<{ id: string }>().id}`, { as })
    return { action: 'team.invitation-withdrawn', subject: teamId, person: member.id, before: { role: 'member' }, after: { role: null } }
  },
  async 'accept-invitation'({ teamId, admin, as }) {
    const invited = await user.call('POST', `/v1/teams/${teamId}/invitations`, {
      as: (await user.person(['operator'])).as,
      body: { userId: admin.id, role: 'member' },
    })
    await user.call('POST', `/v1/users/me/invitations/${invited.json<{ id: string }>().id}/accept`, { as })
    return { action: 'team.member-added', subject: teamId, person: admin.id, before: { role: null }, after: { role: 'member' } }
  },
  async 'remove-team-member'({ teamId, member, admin, as }) {
    await add(teamId, member.id, admin.as)
    await user.call('DELETE', `/v1/teams/${teamId}/members/${member.id}`, { as })
    return { action: 'team.member-removed', subject: teamId, person: member.id, before: { role: 'member' }, after: { role: null } }
  },
  async 'deactivate-user'({ member, as }) {
    await user.call('POST', `/v1/users/${member.id}/deactivate`, { as })
    return { action: 'user.deactivated', subject: member.id, person: member.id, before: { status: 'active' }, after: { status: 'deactivated' } }
  },
  async 'reactivate-user'({ member, admin, as }) {
    await user.call('POST', `/v1/users/${member.id}/deactivate`, { as: admin.as })
    await user.call('POST', `/v1/users/${member.id}/reactivate`, { as })
    return { action: 'user.reactivated', subject: member.id, person: member.id, before: { status: 'deactivated' }, after: { status: 'active' } }
  },
}

it('every audited operation has its act here', () => {
  const covered = new Set(Object.keys(acts).map((name) => name.split(',')[0]))
  expect([...covered].sort()).toEqual(
    listAudited('user')
      .map(([id]) => id)
      .sort(),
  )
})

it.each(Object.keys(acts))('%s: the log names both, the request, and what changed; never a name', async (name) => {
  const [admin, lead, member] = [await user.person(['admin']), await user.person(), await user.person()]
  const teamId = (await user.call('POST', '/v1/teams', { as: lead.as, body: { name: 'Design' } })).json<{ id: string }>().id
  await user.call('GET', '/v1/users/me', { as: member.as })
  const requestId = `r-${newId()}`
  const as = { ...admin.as, ...(await user.ctx.tokens.asService('gateway')), 'x-forwarded-for': '198.51.100.7', 'x-request-id': requestId }
  const expected = await acts[name]!({ admin, member, teamId, as })
  const [entry, ...more] = await readAudits(user.pool, requestId)
  expect(more).toEqual([])
  expect(entry).toMatchObject({ ...expected, actor: { type: 'user', id: admin.id }, address: '198.51.100.7' })
  const written = JSON.stringify(await user.outbox())
  expect(written).not.toContain('Secret plans')
  expect(written).not.toContain('198.51.100.7')
})

it('sources are told to reporting alone, and forgotten after so many days', async () => {
  const { rows } = await user.pool.query<{ id: string }>("SELECT event_id AS id FROM audit_source WHERE address <> '127.0.0.1'")
  const ids = rows.map(({ id }) => id)
  expect(ids.length).toBeGreaterThan(0)
  await user.pool.query(`UPDATE audit_source SET seen_at = clock_timestamp() - interval '91 days' WHERE event_id = $1`, [ids[0]])
  expect(await forgetAuditSources(user.pool, 90)).toBe(1)
  expect(await forgetAuditSources(user.pool, 90)).toBe(0)
  const app = createApp({ ...user.ctx, service: 'user' })
  addAuditSourceRoute(app, 'user', user.pool)
  const ask = async (caller?: 'reporting' | 'gateway', body: object = { ids }) =>
    app.inject({ method: 'POST', url: '/internal/audit-sources', headers: caller ? await user.ctx.tokens.asService(caller) : {}, payload: body })
  const answer = await ask('reporting')
  expect(answer.json<{ items: object[] }>().items).toHaveLength(ids.length - 1)
  expect(answer.json<{ items: { address: string }[] }>().items.every(({ address }) => address === '198.51.100.7')).toBe(true)
  expect((await ask('gateway')).statusCode).toBe(403)
  expect((await ask()).statusCode).toBe(401)
  expect((await ask('reporting', { ids: ['x'] })).statusCode).toBe(400)
  await app.close()
})
