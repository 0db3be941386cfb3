import { CalleeProblem, type ServiceClient } from '@alcove/client'
import { deactivateAccount, getAccount, lookupAccounts, type Operation, type Problem } from '@alcove/contracts'
import { DependencyError, newId, ProblemError } from '@alcove/kit'
import { Value } from 'typebox/value'
import { expect, it } from 'vitest'
import { createAccounts } from '../src/clients/accounts.ts'

const account = { id: newId(), email: 'a@example.org', displayName: 'A', roles: ['member'], status: 'active', createdAt: '2026-01-05T09:00:00Z' }

/** A client that holds both sides to the contract: what is asked and what is answered fit the operation. */
function build(answer: (operation: Operation) => unknown) {
  const asked: { operation: string; input: unknown; options: unknown }[] = []
  const call = async (operation: Operation, input: { params?: unknown; body?: unknown } = {}, options: unknown = {}) => {
    for (const part of ['params', 'body'] as const) {
      const schema = operation[part]
      if (schema) expect(Value.Check(schema, JSON.parse(JSON.stringify(input[part]))), `${operation.id} ${part}`).toBe(true)
    }
    asked.push({ operation: operation.id, input: JSON.parse(JSON.stringify(input)), options })
    const body = answer(operation)
    expect(Value.Check(operation.responses[200]!, body), `${operation.id} answer`).toBe(true)
    return { status: 200, body, headers: {} }
  }
  return { asked, accounts: createAccounts({ call: call as unknown as ServiceClient['call'] })({ requestId: 'r', traceparent: 't' }) }
}
const problem = (slug: 'not-found' | 'illegal-transition' | 'malformed', status: number) =>
  new CalleeProblem('auth', status, { type: `/problems/${slug}`, title: '', status, detail: 'why', instance: '', requestId: '', timestamp: '' } as Problem)

it('asks auth as the contract says, with the request’s id and trace', async () => {
  const { asked, accounts } = build((operation) => (operation === lookupAccounts ? { items: [account] } : account))
  expect(await accounts.find(account.id)).toEqual(account)
  expect(await accounts.listByIds([account.id])).toEqual([account])
  expect(await accounts.listByEmail({ contains: 'a@', limit: 201 })).toEqual([account])
  expect(await accounts.deactivate(account.id, newId())).toEqual(account)
  expect(asked.map(({ operation }) => operation)).toEqual([getAccount.id, lookupAccounts.id, lookupAccounts.id, deactivateAccount.id])
  for (const { options } of asked) expect(options).toMatchObject({ requestId: 'r', traceparent: 't' })
})

it('reads 404 as nobody, passes a refusal through, and lets everything else be', async () => {
  const failing = (error: Error) => build(() => { throw error }).accounts // prettier-ignore
  expect(await failing(problem('not-found', 404)).find(account.id)).toBeUndefined()
  const refused = await failing(problem('illegal-transition', 409))
    .deactivate(account.id, account.id)
    .catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(ProblemError)
  expect(refused).toMatchObject({ slug: 'illegal-transition', detail: 'why' })
  await expect(failing(problem('malformed', 400)).find(account.id)).rejects.toBeInstanceOf(CalleeProblem)
  await expect(failing(new DependencyError('auth', { sent: false, reason: 'open' })).find(account.id)).rejects.toBeInstanceOf(DependencyError)
})
