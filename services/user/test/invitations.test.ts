import { newId } from '@alcove/kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pointers, startUser, type UserSuite } from './harness.ts'

let user: UserSuite
beforeAll(async () => {
  user = await startUser()
})
afterAll(() => user.stop())

type Person = Awaited<ReturnType<UserSuite['person']>>
const invite = (teamId: string, by: Person, body: object, key?: string) => user.call('POST', `/v1/teams/${teamId}/invitations`, { as: by.as, body, key })
const waiting = async (who: Person) =>
  (await user.call('GET', '/v1/users/me/invitations', { as: who.as })).json<{ items: { id: string; team: object }[] }>().items
const answer = (who: Person, id: string, verb: 'accept' | 'decline') => user.call('POST', `/v1/users/me/invitations/${id}/${verb}`, { as: who.as })
const ofTeam = (teamId: string, who: Person) => user.call('GET', `/v1/teams/${teamId}/invitations`, { as: who.as })
const told = async (id: string) => (await user.outbox(id)).filter(({ type }) => type === 'user.team-invited.v1')

async function buildTeam() {
  const [lead, ann] = [await user.person(), await user.person()]
  const team = (await user.call('POST', '/v1/teams', { as: lead.as, body: { name: 'Design' } })).json<{ id: string }>()
  return { id: team.id, lead, ann }
}

describe('POST /v1/teams/{id}/invitations', () => {
  it('201: the person is no member, finds it among their own, and is told once', async () => {
    const { id, lead, ann } = await buildTeam()
    const invited = await invite(id, lead, { userId: ann.id, role: 'member' })
    expect(invited.statusCode).toBe(201)
    expect(invited.json()).toMatchObject({ teamId: id, userId: ann.id, role: 'member', invitedBy: lead.id })
    expect((await user.call('GET', `/v1/teams/${id}`, { as: ann.as })).statusCode).toBe(404)
    expect(await waiting(ann)).toEqual([expect.objectContaining({ id: invited.json().id, team: { id, name: 'Design' } })])
    expect(await told(invited.json().id)).toHaveLength(1)
  })

  it('by address the same answer, whoever has it: an account, nobody, a member, a deactivated person', async () => {
    const { id, lead, ann } = await buildTeam()
    const gone = await user.person(['member'], { status: 'deactivated' })
    await user.call('POST', `/v1/teams/${id}/members`, { as: lead.as, body: { userId: ann.id, role: 'member' } })
    const known = await user.person()
    const answers = []
    for (const email of [known.email.toUpperCase(), 'nobody@example.org', ann.email, gone.email])
      answers.push(await invite(id, lead, { email, role: 'member' }))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([201, 201, 201, 201])
    const shapes = answers.map((one) => Object.keys(one.json<object>()).sort().join())
    expect(new Set(shapes)).toEqual(new Set(['createdAt,email,expiresAt,id,invitedBy,role,teamId']))
    expect(await waiting(known)).toHaveLength(1)
    const mails = await Promise.all(answers.map(async (one) => (await told(one.json<{ id: string }>().id)).length))
    expect(mails, 'no mail to members, nobodies and deactivated people').toEqual([1, 0, 0, 0])
  })

  it('an address that somebody gets later finds its invitation then', async () => {
    const { id, lead } = await buildTeam()
    expect((await invite(id, lead, { email: 'late@example.org', role: 'team-admin' })).statusCode).toBe(201)
    const late = await user.person(['member'], { email: 'late@example.org' })
    const [invitation] = await waiting(late)
    expect((await answer(late, invitation!.id, 'accept')).json()).toMatchObject({ id, members: [{}, { userId: late.id, role: 'team-admin' }] })
  })

  it('409 for the same again, also at once, and for a member named by id; the same key gives the same', async () => {
    const { id, lead, ann } = await buildTeam()
    const body = { userId: ann.id, role: 'member' }
    const answers = await Promise.all(Array.from({ length: 4 }, () => invite(id, lead, body)))
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 409, 409, 409])
    const ben = await user.person()
    const keyed = await Promise.all(Array.from({ length: 3 }, () => invite(id, lead, { userId: ben.id, role: 'member' }, 'k')))
    expect(new Set(keyed.map((one) => `${one.statusCode} ${one.json<{ id: string }>().id}`)).size).toBe(1)
    expect((await invite(id, lead, { userId: lead.id, role: 'member' })).json().type).toBe('/problems/already-exists')
  })

  it('409 for the 101st that waits', async () => {
    const { id, lead } = await buildTeam()
    await user.pool.query(
      `INSERT INTO team_invitation SELECT uuidv7(), $1, NULL, 'p' || n || '@example.org', 'member', $2, $3, $3::timestamptz + interval '1 day' FROM generate_series(1, 100) n`,
      [id, lead.id, user.deps.now()],
    )
    expect((await invite(id, lead, { email: 'more@example.org', role: 'member' })).json().type).toBe('/problems/illegal-transition')
  })

  it('400 for both, neither and other roles; 401, 403 for members, 404 for strangers and for nobody by id; operators may', async () => {
    const { id, lead, ann } = await buildTeam()
    for (const body of [{ role: 'member' }, { userId: ann.id, email: ann.email, role: 'member' }])
      expect(pointers(await invite(id, lead, body))).toEqual(['/userId'])
    expect((await invite(id, lead, { userId: ann.id, role: 'operator' })).statusCode).toBe(400)
    expect((await invite(id, lead, { userId: newId(), role: 'member' })).statusCode).toBe(404)
    expect((await invite(id, ann, { userId: ann.id, role: 'member' })).statusCode).toBe(404)
    await user.call('POST', `/v1/teams/${id}/members`, { as: lead.as, body: { userId: ann.id, role: 'member' } })
    expect((await invite(id, ann, { email: 'x@example.org', role: 'member' })).statusCode).toBe(403)
    expect((await ofTeam(id, ann)).statusCode).toBe(403)
    expect((await invite(id, await user.person(['operator']), { email: 'x@example.org', role: 'member' })).statusCode).toBe(201)
    expect((await user.call('POST', `/v1/teams/${id}/invitations`, { body: { email: 'y@example.org', role: 'member' } })).statusCode).toBe(401)
  })
})

describe('answering', () => {
  it('200 accepting makes a member; again 404, and only one of two at once counts', async () => {
    const { id, lead, ann } = await buildTeam()
    const invitation = (await invite(id, lead, { userId: ann.id, role: 'member' })).json<{ id: string }>()
    const answers = await Promise.all([answer(ann, invitation.id, 'accept'), answer(ann, invitation.id, 'accept')])
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 404])
    expect((await user.outbox(id)).filter(({ type }) => type === 'user.team-changed.v1').at(-1)!.data.members).toContainEqual({
      userId: ann.id,
      role: 'member',
    })
    expect(await waiting(ann)).toEqual([])
  })

  it('204 declining leaves no trace of membership, and a new invitation may follow', async () => {
    const { id, lead, ann } = await buildTeam()
    const invitation = (await invite(id, lead, { userId: ann.id, role: 'member' })).json<{ id: string }>()
    expect((await answer(ann, invitation.id, 'decline')).statusCode).toBe(204)
    expect((await answer(ann, invitation.id, 'accept')).statusCode).toBe(404)
    expect((await invite(id, lead, { userId: ann.id, role: 'member' })).statusCode).toBe(201)
  })

  it('404 for another’s, which then still waits; 401 without a token; 400 for no id', async () => {
    const { id, lead, ann } = await buildTeam()
    const invitation = (await invite(id, lead, { userId: ann.id, role: 'member' })).json<{ id: string }>()
    const stranger = await user.person()
    for (const verb of ['accept', 'decline'] as const) expect((await answer(stranger, invitation.id, verb)).statusCode).toBe(404)
    expect(await waiting(ann)).toHaveLength(1)
    expect((await answer(ann, 'x', 'accept')).statusCode).toBe(400)
    expect((await user.call('POST', `/v1/users/me/invitations/${invitation.id}/accept`)).statusCode).toBe(401)
    expect((await user.call('GET', '/v1/users/me/invitations')).statusCode).toBe(401)
  })

  it('404 once overdue or withdrawn; what is overdue is forgotten', async () => {
    const { id, lead, ann } = await buildTeam()
    const withdrawn = (await invite(id, lead, { userId: ann.id, role: 'member' })).json<{ id: string }>()
    const gone = await user.call('DELETE', `/v1/teams/${id}/invitations/${withdrawn.id}`, { as: lead.as })
    expect(gone.statusCode).toBe(204)
    expect((await user.call('DELETE', `/v1/teams/${id}/invitations/${withdrawn.id}`, { as: lead.as })).statusCode).toBe(404)
    expect((await answer(ann, withdrawn.id, 'accept')).statusCode).toBe(404)
    const overdue = (await invite(id, lead, { userId: ann.id, role: 'member' })).json<{ id: string }>()
    user.ctx.clock.advance({ days: 15 })
    expect((await answer(ann, overdue.id, 'accept')).statusCode).toBe(404)
    expect((await ofTeam(id, lead)).json<{ items: object[] }>().items).toEqual([])
    await user.deps.invitations.removeOverdue(user.deps.now())
    expect((await user.pool.query('SELECT 1 FROM team_invitation WHERE id = $1', [overdue.id])).rows).toEqual([])
  })

  it('an invitation of another team is not withdrawn', async () => {
    const [one, other] = [await buildTeam(), await buildTeam()]
    const invitation = (await invite(one.id, one.lead, { userId: one.ann.id, role: 'member' })).json<{ id: string }>()
    expect((await user.call('DELETE', `/v1/teams/${other.id}/invitations/${invitation.id}`, { as: other.lead.as })).statusCode).toBe(404)
    expect(await waiting(one.ann)).toHaveLength(1)
  })
})

describe('GET /internal/team-invitations/{id}', () => {
  it('200 with the team’s name for notification, 404 once it waits no more, 401 for people', async () => {
    const { id, lead, ann } = await buildTeam()
    const invitation = (await invite(id, lead, { userId: ann.id, role: 'member' })).json<{ id: string }>()
    const url = `/internal/team-invitations/${invitation.id}`
    const ask = async () => user.app.inject({ url, headers: await user.ctx.tokens.asService('notification') })
    expect((await ask()).json()).toMatchObject({ id: invitation.id, teamName: 'Design' })
    expect((await user.call('GET', url, { as: lead.as })).statusCode).toBe(401)
    await answer(ann, invitation.id, 'decline')
    expect((await ask()).statusCode).toBe(404)
  })
})
