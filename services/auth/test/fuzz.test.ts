import { operations } from '@alcove/contracts'
import { newId } from '@alcove/kit'
import { buildCallers, fuzzOperation } from '@alcove/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthSuite, startAuth } from './harness.ts'

let auth: AuthSuite
let ids: string[]
let app: AuthSuite['app']
beforeAll(async () => {
  auth = await startAuth()
  ids = [(await auth.createAccount()).id, (await auth.createAccount({ roles: ['admin'] })).id]
  // All tokens are the tests' own here: what is fuzzed is everything behind them.
  app = auth.build({ authenticator: auth.ctx.authenticator }).app
})
afterAll(async () => {
  await app.close()
  await auth.stop()
})

test.each(operations.filter(({ service, id }) => service === 'auth' && !id.endsWith('-status')))(
  '$id answers whatever is sent to it',
  async (operation) => {
    const callers = await buildCallers(operation, auth.ctx.tokens, ids[0] ?? newId())
    await expect(fuzzOperation({ send: (request) => app.inject(request as never), callers, ids }, operation)).resolves.toBeUndefined()
  },
  60_000,
)
