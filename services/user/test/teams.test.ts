import { newId, type Role } from '@alcove/kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pointers, startUser, type UserSuite } from './harness.ts'

let user: UserSuite
beforeAll(async () => {
  user = await startUser()
})
afterAll(() => user.stop())

type Person = Awaited<ReturnType<UserSuite['person']>>

/** A team with its admin and one plain member, and a stranger. */
async function buildTeam() {
  const [lead, member, stranger] = [await user.person(), await user.person(), await user.person()]
  const team = (await user.call('POST', '/v1/teams', { as: lead.as, body: { name: 'Design' } })).json() as { id: string }
  expect((await add(team.id, member, 'member', lead)).statusCode).toBe(201)
  return { id: team.id, lead, member, stranger }
}
const add = (teamId: string, who: { id: string }, role: string, by: Person, key?: string) =>
  user.call('POST', `/v1/teams/${teamId}/members`, { as: by.as, body: { userId: who.id, role }, key })
const remove = (teamId: string, who: { id: string }, by: Person) => user.call('DELETE', `/v1/teams/${teamId}/members/${who.id}`, { as: by.as })
const members = async (teamId: string) => (await user.outbox(teamId)).at(-1)!.data.members!

describe('POST /v1/teams', () => {
  it('201 with Location; the creator is its team-admin', async () => {
    const ann = await user.person(['member'], { displayName: 'Ann' })
    const answer = await user.call('POST', '/v1/teams', { as: ann.as, body: { name: '  Design ' } })
    expect(answer.statusCode).toBe(201)
    expect(answer.json()).toEqual({ id: expect.any(String), name: 'Design', members: [{ userId: ann.id, displayName: 'Ann', role: 'team-admin' }] })
    expect(answer.headers.location).toBe(`/v1/teams/${answer.json().id}`)
    expect(await user.outbox(answer.json().id)).toEqual([
      expect.objectContaining({
        type: 'user.team-changed.v1',
        data: { teamId: answer.json().id, version: 1, members: [{ userId: ann.id, role: 'team-admin' }] },
      }),
    ])
  })

  it('makes one team for a key sent ten times at once', async () => {
    const ann = await user.person()
    const answers = await Promise.all(Array.from({ length: 10 }, () => user.call('POST', '/v1/teams', { as: ann.as, body: { name: 'Once' }, key: 'k' })))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(10).fill(201))
    expect(new Set(answers.map((answer) => answer.json().id)).size).toBe(1)
    expect((await user.call('GET', '/v1/teams', { as: ann.as })).json().items).toHaveLength(1)
    expect((await user.call('POST', '/v1/teams', { as: ann.as, body: { name: 'Twice' }, key: 'k' })).statusCode).toBe(422)
  })

  it('400 for no name, 401 without a token', async () => {
    const ann = await user.person()
    for (const body of [{}, { name: '' }, { name: ' ' }, { name: 'a'.repeat(101) }, { name: 'x', members: [] }])
      expect((await user.call('POST', '/v1/teams', { as: ann.as, body })).statusCode).toBe(400)
    expect((await user.call('POST', '/v1/teams', { body: { name: 'x' } })).statusCode).toBe(401)
  })

  it('400 for a name that hides or breaks lines; one stored before that rule stays readable', async () => {
    const ann = await user.person()
    for (const name of ['a\nb', 'a\u202eb', '\u200b\u3164'])
      expect(pointers(await user.call('POST', '/v1/teams', { as: ann.as, body: { name } }))).toEqual(['/name'])
    const { id } = (await user.call('POST', '/v1/teams', { as: ann.as, body: { name: 'Design' } })).json() as { id: string }
    await user.pool.query('UPDATE team SET name = $2 WHERE id = $1', [id, 'a\u202eb\n'])
    expect((await user.call('GET', `/v1/teams/${id}`, { as: ann.as })).json()).toMatchObject({ name: 'a\u202eb\n' })
    expect((await add(id, await user.person(), 'member', ann)).statusCode).toBe(201)
  })

  it('409 for the 101st team of a person', async () => {
    const ann = await user.person()
    await user.call('GET', '/v1/users/me', { as: ann.as })
    await user.pool.query(
      `WITH t AS (INSERT INTO team SELECT uuidv7(), 'Team', 1, $2::timestamptz, $2 FROM generate_series(1, 100) RETURNING id)
       INSERT INTO team_member SELECT id, $1, 'member', $2 FROM t`,
      [ann.id, user.ctx.clock.now()],
    )
    expect((await user.call('POST', '/v1/teams', { as: ann.as, body: { name: 'One more' } })).statusCode).toBe(409)
  })
})

describe('seeing teams', () => {
  it('members see theirs, operators all, strangers none (404)', async () => {
    const { id, lead, member, stranger } = await buildTeam()
    const listed = async (as: Person) => (await user.call('GET', '/v1/teams?limit=200', { as: as.as })).json().items.map((team: { id: string }) => team.id)
    expect(await listed(lead)).toEqual([id])
    expect(await listed(member)).toEqual([id])
    expect(await listed(stranger)).toEqual([])
    for (const role of ['operator', 'admin'] as Role[]) expect(await listed(await user.person([role]))).toContain(id)
    const get = async (as: Person) => (await user.call('GET', `/v1/teams/${id}`, { as: as.as })).statusCode
    expect([await get(member), await get(stranger), await get(await user.person(['operator']))]).toEqual([200, 404, 200])
    expect((await user.call('GET', '/v1/teams')).statusCode).toBe(401)
    expect((await user.call('GET', `/v1/teams/${newId()}`, { as: lead.as })).statusCode).toBe(404)
  })

  it('pages, newest first', async () => {
    const ann = await user.person()
    const made = []
    for (const name of ['A', 'B', 'C']) made.push((await user.call('POST', '/v1/teams', { as: ann.as, body: { name } })).json().id)
    const first = (await user.call('GET', '/v1/teams?limit=2', { as: ann.as })).json()
    const second = (await user.call('GET', `/v1/teams?limit=2&cursor=${first.nextCursor}`, { as: ann.as })).json()
    expect([...first.items, ...second.items].map((team: { id: string }) => team.id)).toEqual(made.reverse())
    expect(second.nextCursor).toBeNull()
  })
})

describe('PATCH /v1/teams/{id}', () => {
  it('200 for its team-admins and operators, 403 for its members, 404 for strangers', async () => {
    const { id, lead, member, stranger } = await buildTeam()
    const rename = async (as: Person, name: string) => await user.call('PATCH', `/v1/teams/${id}`, { as: as.as, body: { name } })
    expect((await rename(lead, 'New')).json()).toMatchObject({ id, name: 'New' })
    expect((await rename(await user.person(['operator']), 'Newer')).statusCode).toBe(200)
    expect((await rename(member, 'Mine')).statusCode).toBe(403)
    expect((await rename(stranger, 'Mine')).statusCode).toBe(404)
    // The global role says nothing about a team one is not in.
    expect((await rename(await user.person(['team-admin']), 'Mine')).statusCode).toBe(404)
    expect((await user.call('GET', `/v1/teams/${id}`, { as: lead.as })).json().name).toBe('Newer')
    const versions = (await user.outbox(id)).length
    expect((await rename(lead, 'Newer')).statusCode).toBe(200)
    expect((await user.outbox(id)).length).toBe(versions)
  })
})

describe('POST /v1/teams/{id}/members', () => {
  it('201 adds, 200 changes the role, 409 already-exists for the same role', async () => {
    const { id, lead } = await buildTeam()
    const ann = await user.person(['member'], { displayName: 'Ann' })
    const added = await add(id, ann, 'member', lead)
    expect([added.statusCode, added.json()]).toEqual([201, { userId: ann.id, displayName: 'Ann', role: 'member' }])
    const raised = await add(id, ann, 'team-admin', lead)
    expect([raised.statusCode, raised.json().role]).toEqual([200, 'team-admin'])
    const again = await add(id, ann, 'team-admin', lead)
    expect([again.statusCode, again.json().type]).toEqual([409, '/problems/already-exists'])
    expect(await members(id)).toContainEqual({ userId: ann.id, role: 'team-admin' })
  })

  it('403 for members, 404 for strangers, 200s for operators', async () => {
    const { id, member, stranger } = await buildTeam()
    const ann = await user.person()
    expect((await add(id, ann, 'member', member)).statusCode).toBe(403)
    expect((await add(id, stranger, 'team-admin', stranger)).statusCode).toBe(404)
    expect((await add(id, ann, 'member', await user.person(['operator']))).statusCode).toBe(201)
  })

  it('404 for a person or team that does not exist, 409 for a deactivated person, 400 for other roles', async () => {
    const { id, lead } = await buildTeam()
    expect((await add(id, { id: newId() }, 'member', lead)).statusCode).toBe(404)
    expect((await add(newId(), lead, 'member', lead)).statusCode).toBe(404)
    expect((await add(id, user.createAccount({ status: 'deactivated' }), 'member', lead)).statusCode).toBe(409)
    expect((await add(id, lead, 'operator', lead)).statusCode).toBe(400)
  })

  it('answers a repeated key with the member', async () => {
    const { id, lead } = await buildTeam()
    const ann = await user.person()
    const answers = [await add(id, ann, 'member', lead, 'k'), await add(id, ann, 'member', lead, 'k')]
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([201, 201])
  })

  it('keeps every one of ten members added at once, with rising versions', async () => {
    const { id, lead } = await buildTeam()
    const people = await Promise.all(Array.from({ length: 10 }, () => user.person()))
    const answers = await Promise.all(people.map((person) => add(id, person, 'member', lead)))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(10).fill(201))
    expect(await members(id)).toHaveLength(12)
  })
})

describe('DELETE /v1/teams/{id}/members/{userId}', () => {
  it('204 for team-admins, operators and whoever leaves; 403 and 404 for others', async () => {
    const { id, lead, member, stranger } = await buildTeam()
    const ann = await user.person()
    await add(id, ann, 'member', lead)
    expect((await remove(id, ann, member)).statusCode).toBe(403)
    expect((await remove(id, member, stranger)).statusCode).toBe(404)
    expect((await remove(id, ann, lead)).statusCode).toBe(204)
    expect((await remove(id, ann, lead)).statusCode).toBe(404)
    expect((await remove(id, member, member)).statusCode).toBe(204)
    await add(id, ann, 'member', lead)
    expect((await remove(id, ann, await user.person(['operator']))).statusCode).toBe(204)
    expect(await members(id)).toEqual([{ userId: lead.id, role: 'team-admin' }])
  })

  it('409 for the last team-admin, who can neither leave nor be demoted, also when the last two leave at once', async () => {
    const { id, lead, member } = await buildTeam()
    const refused = await remove(id, lead, lead)
    expect([refused.statusCode, refused.json().type]).toEqual([409, '/problems/illegal-transition'])
    expect((await add(id, lead, 'member', lead)).statusCode).toBe(409)
    await add(id, member, 'team-admin', lead)
    const answers = await Promise.all([remove(id, lead, lead), remove(id, member, member)])
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([204, 409])
    expect(await members(id)).toHaveLength(1)
  })

  it('401 without a token', async () => {
    expect((await user.call('DELETE', `/v1/teams/${newId()}/members/${newId()}`)).statusCode).toBe(401)
    expect((await user.call('POST', `/v1/teams/${newId()}/members`, { body: {} })).statusCode).toBe(401)
    expect((await user.call('PATCH', `/v1/teams/${newId()}`, { body: {} })).statusCode).toBe(401)
  })
})
