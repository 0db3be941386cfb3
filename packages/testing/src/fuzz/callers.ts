import { operations, type Operation, type ServiceName } from '@alcove/contracts'
import { listCallers } from '@alcove/graph'
import type { TestTokens } from '../tokens.ts'

/**
 * Headers of everybody an operation lets in, for `fuzzOperation`: a member and an admin where any token will do, those with the role
 * where one is needed, each declared calling service, nobody where nobody is asked.
 */
export async function buildCallers(operation: Operation, tokens: TestTokens, userId?: string): Promise<Record<string, string>[]> {
  switch (operation.access) {
    case 'public':
      return [{}]
    case 'user':
      return Promise.all([tokens.as(['member'], userId), tokens.as(['admin'])])
    case 'operator':
      return Promise.all([tokens.as(['operator'], userId), tokens.as(['admin'])])
    case 'admin':
      return [await tokens.as(['admin'], userId)]
    case 'service':
      return Promise.all(listCallers(operation.service).map((caller) => tokens.asService(caller as ServiceName)))
  }
}

const ending = /^(cancel|close|deactivate|delete|logout|remove|retire|reset)-/

/** A service's operations in an order in which none takes away early what the others need: reads, writes, then what ends something. */
export function listFuzzable(service: ServiceName): Operation[] {
  const rank = ({ id, method }: Operation) => (ending.test(id) ? 2 : method === 'GET' ? 0 : 1)
  return operations.filter((operation) => operation.service === service).sort((left, right) => rank(left) - rank(right))
}
