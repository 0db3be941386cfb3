import { accountDeactivated, accountReactivated, accountRegistered, accountVerified } from '@alcove/contracts'
import { buildEvent, deliver, replayLate } from '@alcove/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { completeNames } from '../src/domain/complete-names.ts'
import { startUser, type UserSuite } from './harness.ts'

let user: UserSuite
beforeAll(async () => {
  user = await startUser()
})
afterAll(() => user.stop())

const state = (userId: string, version: number, status: 'unverified' | 'active' | 'deactivated') => ({ userId, version, roles: ['member' as const], status })
const complete = () => completeNames({ people: user.deps.people, accounts: user.auth.accountsFor({}) })
const nameOf = async (id: string) => (await user.deps.people.find(id))?.displayName
const options = () => ({ pool: user.pool, handlers: user.handlers, clock: user.ctx.clock })

describe('account.registered', () => {
  it('makes the profile once, and asks auth for the name after the commit', async () => {
    await deliver(options(), accountRegistered)
    const { id } = user.createAccount({ displayName: 'Ann', status: 'unverified' })
    const { count } = user.woken
    await deliver(options(), accountRegistered, state(id, 1, 'unverified'))
    expect(user.woken.count).toBe(count + 1)
    expect(await nameOf(id)).toBe('')
    await complete()
    expect(await nameOf(id)).toBe('Ann')
    expect((await user.outbox(id)).map(({ data }) => data.status)).toEqual(['active'])
  })

  it('changes nothing of a profile that was asked for before the event came', async () => {
    const ann = await user.person(['member'], { displayName: 'Ann' })
    await user.call('PATCH', '/v1/users/me', { as: ann.as, body: { displayName: 'Anna' } })
    await deliver(options(), accountRegistered, state(ann.id, 1, 'unverified'))
    await complete()
    expect(await nameOf(ann.id)).toBe('Anna')
    expect(await user.outbox(ann.id)).toHaveLength(2)
  })

  it('leaves the name due while auth is down, and forgets people auth does not know', async () => {
    const { id } = user.createAccount({ displayName: 'Late' })
    await deliver(options(), accountRegistered, state(id, 1, 'unverified'))
    user.auth.state.down = true
    await expect(complete()).rejects.toThrow('auth')
    user.auth.state.down = false
    expect(await user.deps.people.listNameDue(200)).toEqual([id])
    user.auth.accounts.delete(id)
    await complete()
    expect(await user.deps.people.listNameDue(200)).toEqual([])
  })

  it('a name that has not been asked for yet is asked for by whoever reads it', async () => {
    const ann = await user.person(['member'], { displayName: 'Ann' })
    await deliver(options(), accountRegistered, state(ann.id, 1, 'unverified'))
    expect((await user.call('GET', `/v1/users/${ann.id}`, { as: (await user.person()).as })).json().displayName).toBe('Ann')
    await complete()
    expect(await nameOf(ann.id)).toBe('Ann')
  })
})

describe('account.verified', () => {
  it('takes the verified registration’s name, unless the person has edited it', async () => {
    await deliver(options(), accountVerified)
    const first = user.createAccount({ displayName: 'Stranger' })
    await deliver(options(), accountRegistered, state(first.id, 1, 'unverified'))
    await complete()
    user.createAccount({ ...first, displayName: 'Owner' })
    await deliver(options(), accountVerified, state(first.id, 3, 'active'))
    await complete()
    expect(await nameOf(first.id)).toBe('Owner')

    const editor = await user.person(['member'], { displayName: 'Given' })
    await user.call('PATCH', '/v1/users/me', { as: editor.as, body: { displayName: 'Edited' } })
    await deliver(options(), accountVerified, state(editor.id, 3, 'active'))
    await complete()
    expect(await nameOf(editor.id)).toBe('Edited')
  })
})

describe('account.deactivated', () => {
  it('marks the profile once, also when it comes before any other event', async () => {
    await deliver(options(), accountDeactivated)
    const known = await user.person()
    await user.call('GET', '/v1/users/me', { as: known.as })
    await deliver(options(), accountDeactivated, state(known.id, 5, 'deactivated'))
    expect((await user.deps.people.find(known.id))!.status).toBe('deactivated')
    expect((await user.outbox(known.id)).map(({ data }) => data.status)).toEqual(['active', 'deactivated'])

    const unknown = user.createAccount({ status: 'deactivated' })
    await deliver(options(), accountDeactivated, state(unknown.id, 5, 'deactivated'))
    await deliver(options(), accountRegistered, state(unknown.id, 1, 'unverified'))
    expect((await user.deps.people.find(unknown.id))!.status).toBe('deactivated')
  })

  it('ignores what is older than what it has applied', async () => {
    const { id } = user.createAccount()
    await deliver(options(), accountRegistered, state(id, 7, 'unverified'))
    await deliver(options(), accountDeactivated, state(id, 6, 'deactivated'))
    expect((await user.deps.people.find(id))!.status).toBe('active')
  })

  it('replayed late supersedes what died before it', async () => {
    const { id } = user.createAccount()
    await deliver(options(), accountRegistered, state(id, 1, 'unverified'))
    const build = (eventType: typeof accountVerified, version: number, status: 'active' | 'deactivated') =>
      buildEvent(eventType, state(id, version, status), { subject: id })
    const letters = { dead: build(accountVerified, 2, 'active'), meanwhile: [build(accountDeactivated, 3, 'deactivated')] }
    expect(await replayLate({ ...options(), topic: 'account' }, letters)).toBe('superseded')
    expect((await user.deps.people.find(id))!.status).toBe('deactivated')
  })
})

describe('account.reactivated', () => {
  const at = { reactivatedAt: '2026-01-05T09:00:00Z' }
  const build = (id: string, version: number, status: 'active' | 'deactivated') =>
    status === 'active'
      ? buildEvent(accountReactivated, { ...state(id, version, status), ...at }, { subject: id })
      : buildEvent(accountDeactivated, state(id, version, status), { subject: id })

  it('marks the profile as active once; makes one where there is none', async () => {
    await deliver(options(), accountReactivated)
    const ann = await user.person()
    await user.call('GET', '/v1/users/me', { as: ann.as })
    await deliver(options(), accountDeactivated, state(ann.id, 5, 'deactivated'))
    await deliver(options(), accountReactivated, { ...state(ann.id, 6, 'active'), ...at })
    expect((await user.outbox(ann.id)).map(({ data }) => data.status)).toEqual(['active', 'deactivated', 'active'])
  })

  it.each(['active', 'deactivated'] as const)('the last decision stays when an older one is replayed late: %s', async (last) => {
    const { id } = user.createAccount()
    await deliver(options(), accountRegistered, state(id, 1, 'unverified'))
    const older = last === 'active' ? 'deactivated' : 'active'
    expect(await replayLate({ ...options(), topic: 'account' }, { dead: build(id, 2, older), meanwhile: [build(id, 3, last)] })).toBe('superseded')
    expect((await user.deps.people.find(id))!.status).toBe(last)
  })
})
