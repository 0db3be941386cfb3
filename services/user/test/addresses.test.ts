import { newId } from '@alcove/kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pointers, startUser, type UserSuite } from './harness.ts'

let user: UserSuite
beforeAll(async () => {
  user = await startUser()
})
afterAll(() => user.stop())

const path = '/v1/users/me/addresses'
const home = { label: 'Home', line1: '1 Quay Street', postalCode: 'E1 6AN', city: 'London', countryCode: 'GB' }

describe('POST', () => {
  it('201 with Location and the address, which is then listed', async () => {
    const ann = await user.person()
    const answer = await user.call('POST', path, { as: ann.as, body: { ...home, line2: 'Flat 2' } })
    expect(answer.statusCode).toBe(201)
    expect(answer.json()).toEqual({ id: expect.any(String), ...home, line2: 'Flat 2' })
    expect(answer.headers.location).toBe(`${path}/${answer.json().id}`)
    expect((await user.call('GET', answer.headers.location!, { as: ann.as })).json()).toEqual(answer.json())
    const second = (await user.call('POST', path, { as: ann.as, body: home })).json()
    expect('line2' in second).toBe(false)
    expect((await user.call('GET', path, { as: ann.as })).json()).toEqual({ items: [second, answer.json()], nextCursor: null })
  })

  it('makes one address for a key sent ten times at once, and refuses the key with another body', async () => {
    const ann = await user.person()
    const answers = await Promise.all(Array.from({ length: 10 }, () => user.call('POST', path, { as: ann.as, body: home, key: 'one' })))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(10).fill(201))
    expect(new Set(answers.map((answer) => answer.json().id)).size).toBe(1)
    const other = await user.call('POST', path, { as: ann.as, body: { ...home, label: 'Other' }, key: 'one' })
    expect([other.statusCode, other.json().type]).toEqual([422, '/problems/idempotency-key-reused'])
    const bob = await user.person()
    expect((await user.call('POST', path, { as: bob.as, body: home, key: 'one' })).json().id).not.toBe(answers[0]!.json().id)
    expect((await user.call('GET', path, { as: ann.as })).json().items).toHaveLength(1)
  })

  it('409 for the 21st, also when they come at once', async () => {
    const ann = await user.person()
    const answers = await Promise.all(Array.from({ length: 25 }, () => user.call('POST', path, { as: ann.as, body: home })))
    expect(answers.filter(({ statusCode }) => statusCode === 201)).toHaveLength(20)
    expect(answers.filter(({ statusCode }) => statusCode === 409)).toHaveLength(5)
  })

  it('400 names every field', async () => {
    const ann = await user.person()
    const answer = await user.call('POST', path, { as: ann.as, body: { label: '', line1: 'a\u0000b', city: 'x'.repeat(101), countryCode: 'gb', zip: '1' } })
    expect(answer.statusCode).toBe(400)
    const control = await user.call('POST', path, { as: ann.as, body: { label: '', city: 'x'.repeat(101), countryCode: 'gb', zip: '1', line1: 'tab\t' } })
    expect(new Set(pointers(control))).toEqual(new Set(['/label', '/line1', '/postalCode', '/city', '/countryCode', '/zip']))
  })
})

describe('another person', () => {
  it('sees, finds and removes nothing: 404', async () => {
    const [ann, eve] = [await user.person(), await user.person(['admin'])]
    const { id } = (await user.call('POST', path, { as: ann.as, body: home })).json()
    expect((await user.call('GET', path, { as: eve.as })).json().items).toEqual([])
    expect((await user.call('GET', `${path}/${id}`, { as: eve.as })).statusCode).toBe(404)
    expect((await user.call('DELETE', `${path}/${id}`, { as: eve.as })).statusCode).toBe(404)
    expect((await user.call('GET', `${path}/${id}`, { as: ann.as })).statusCode).toBe(200)
  })
})

describe('DELETE', () => {
  it('204 once, then 404', async () => {
    const ann = await user.person()
    const { id } = (await user.call('POST', path, { as: ann.as, body: home })).json()
    expect((await user.call('DELETE', `${path}/${id}`, { as: ann.as })).statusCode).toBe(204)
    expect((await user.call('DELETE', `${path}/${id}`, { as: ann.as })).statusCode).toBe(404)
    expect((await user.call('DELETE', `${path}/${newId()}`, { as: ann.as })).statusCode).toBe(404)
    expect((await user.call('DELETE', `${path}/nonsense`, { as: ann.as })).statusCode).toBe(400)
  })
})

it('401 without a token, for every operation', async () => {
  for (const [method, url] of [
    ['GET', path],
    ['POST', path],
    ['GET', `${path}/${newId()}`],
    ['DELETE', `${path}/${newId()}`],
  ] as const)
    expect((await user.call(method, url)).statusCode).toBe(401)
})

it('pages the list', async () => {
  const ann = await user.person()
  const made = []
  for (let index = 0; index < 5; index += 1) made.push((await user.call('POST', path, { as: ann.as, body: home })).json().id)
  const seen = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: { items: { id: string }[]; nextCursor: string | null } = (
      await user.call('GET', `${path}?limit=2${cursor && `&cursor=${cursor}`}`, { as: ann.as })
    ).json()
    seen.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor
  }
  expect(seen).toEqual(made.reverse())
})
