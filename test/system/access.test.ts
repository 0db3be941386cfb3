import { deadLetterOperations, operations, type Operation } from '@alcove/contracts'
import { listCallers } from '@alcove/graph'
import { sampleRequest } from '@alcove/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack } from '../../scripts/supervisor/stack.ts'
import { connect, type Answer, type Api, type Session } from './api.ts'

let api: Api
let people: Record<'member' | 'operator' | 'admin', Session>

beforeAll(async () => {
  api = connect(await startStack({ demo: 'accounts', env: { RATE_LIMITS: 'off' } }))
  people = { member: await api.login('member'), operator: await api.login('operator'), admin: await api.login('admin') }
})
afterAll(async () => {
  await api?.close()
  await api?.stack.down()
})

const listOf = (...access: Operation['access'][]) =>
  [...operations, ...deadLetterOperations].filter((operation) => access.includes(operation.access)).map((operation) => [operation.id, operation] as const)

/** Asks the service itself: what a gateway in between would refuse must be refused here too. */
function ask(operation: Operation, headers: Record<string, string>): Promise<Answer> {
  const { url, body } = sampleRequest(operation)
  return api.call(operation.method, url, { base: api.stack.urls[operation.service], body, headers })
}
const as = (who: keyof typeof people): Record<string, string> => ({ authorization: `Bearer ${people[who].token}` })

describe('nobody', () => {
  it.each(listOf('user', 'operator', 'admin', 'service'))('%s is 401', async (_id, operation) => {
    expect(await ask(operation, {})).toMatchObject({ status: 401, body: { type: '/problems/unauthenticated' } })
  })
})

describe('a member', () => {
  it.each(listOf('operator', 'admin'))('%s is 403', async (_id, operation) => {
    expect(await ask(operation, as('member'))).toMatchObject({ status: 403, body: { type: '/problems/forbidden' } })
  })
})

describe('an operator', () => {
  it.each(listOf('admin'))('%s is 403', async (_id, operation) => {
    expect(await ask(operation, as('operator'))).toMatchObject({ status: 403, body: { type: '/problems/forbidden' } })
  })
  it.each(listOf('operator'))('%s lets them in', async (_id, operation) => {
    expect([401, 403]).not.toContain((await ask(operation, as('operator'))).status)
  })
})

describe('an admin', () => {
  // The clock is moved by a test of its own: here it would move everybody's.
  it.each(listOf('operator', 'admin').filter(([id]) => !id.includes('clock')))('%s lets them in', async (_id, operation) => {
    expect([401, 403]).not.toContain((await ask(operation, as('admin'))).status)
  })
})

describe('internal routes', () => {
  it.each(listOf('service'))('%s refuses people, and services that the graph does not let in', async (_id, operation) => {
    expect((await ask(operation, as('admin'))).status).toBe(401)
    const stranger = (['reporting', 'notification', 'payment'] as const).find((name) => !listCallers(operation.service).includes(name))
    if (!stranger) throw new Error(`everybody may call ${operation.service}`)
    const token = await api.stack.serviceToken(stranger, operation.service)
    expect((await ask(operation, { 'x-service-authorization': `Bearer ${token}` })).status).toBe(403)
  })
})
