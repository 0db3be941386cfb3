import { operations } from '@alcove/contracts'
import { newId } from '@alcove/kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHarness, type Harness } from './app-builders.ts'

let h: Harness
beforeAll(async () => {
  h = await createHarness()
  await h.app.ready()
})
afterAll(() => h.close())

const own = operations.filter(({ service, path }) => service === 'booking' && path !== '/internal/status')
const url = (path: string) => path.replace('{id}', newId())
const inject = (operation: (typeof own)[number], headers: Record<string, string>, payload?: string) =>
  h.app.inject({
    method: operation.method,
    url: url(operation.path),
    headers: { ...headers, ...(payload && { 'content-type': 'application/json' }) },
    ...(payload && { payload }),
  })

describe('every operation of contracts', () => {
  test.each(own.map((operation) => [operation.id, operation] as const))('%s has a route, and answers 401 without a token', async (_id, operation) => {
    expect(h.app.hasRoute({ method: operation.method, url: operation.path.replace(/\{([^}]+)\}/g, ':$1') })).toBe(true)
    const answer = await inject(operation, {})
    expect(answer.statusCode).toBe(401)
    expect(answer.headers['content-type']).toContain('application/problem+json')
  })

  test.each(own.filter(({ access }) => access === 'service').map((operation) => [operation.id, operation] as const))(
    '%s refuses people, admins too',
    async (_id, operation) => {
      expect((await inject(operation, await h.tokens.as(['admin']))).statusCode).toBe(401)
    },
  )

  test.each(own.filter(({ access }) => access === 'user').map((operation) => [operation.id, operation] as const))(
    '%s refuses services and what is not described',
    async (_id, operation) => {
      expect((await inject(operation, await h.tokens.asService('notification'))).statusCode).toBe(401)
      const user = await h.tokens.as(['member'])
      const unknown =
        operation.method === 'GET' || operation.method === 'DELETE'
          ? await h.app.inject({ method: operation.method, url: `${url(operation.path)}?nonsense=1`, headers: user })
          : await inject(operation, user, '{"nonsense":1}')
      expect(unknown.statusCode).toBe(400)
      expect(JSON.stringify(unknown.json().errors)).toContain('nonsense')
    },
  )
})
