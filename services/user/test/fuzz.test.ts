import { operations } from '@alcove/contracts'
import { buildCallers, fuzzOperation } from '@alcove/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startUser, type UserSuite } from './harness.ts'

let user: UserSuite
let userId: string
let ids: string[]
beforeAll(async () => {
  user = await startUser()
  const [ann, bob] = [await user.person(), await user.person()]
  userId = ann.id
  const team = (await user.call('POST', '/v1/teams', { as: ann.as, body: { name: 'Design' } })).json()
  ids = [ann.id, bob.id, team.id]
})
afterAll(() => user.stop())

test.each(operations.filter(({ service, id }) => service === 'user' && !id.endsWith('-status')))(
  '$id answers whatever is sent to it',
  async (operation) => {
    const callers = await buildCallers(operation, user.ctx.tokens, userId)
    await expect(fuzzOperation({ send: (request) => user.app.inject(request as never), callers, ids }, operation)).resolves.toBeUndefined()
  },
  60_000,
)
