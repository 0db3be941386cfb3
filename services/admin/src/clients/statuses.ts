import type { ServiceClient } from '@alcove/client'
import { getServiceStatus, type ServiceName, type ServiceStatus } from '@alcove/contracts'
import { getNode } from '@alcove/graph'
import type { Logger } from '@alcove/kit'
import type { AskStatuses } from '../deps.ts'

const timeoutMs = 2500

/** Asks every called service for its status at once; admin adds its own. */
export function createStatusAsker(deps: { client: ServiceClient; log: Logger; version: string }): AskStatuses {
  const { client, log, version } = deps
  const operations = (getNode('admin').calls as ServiceName[]).map((name) => [name, getServiceStatus(name)] as const)

  return async (options) => {
    const answers = await Promise.all(
      operations.map(async ([name, operation]): Promise<[ServiceName, ServiceStatus | undefined]> => {
        try {
          return [name, (await client.call(operation, {}, { ...options, timeoutMs })).body]
        } catch (error) {
          log.debug({ err: error, callee: name }, 'no status')
          return [name, undefined]
        }
      }),
    )
    const own: ServiceStatus = {
      name: 'admin',
      version,
      health: 'ok',
      checks: {},
      breakers: client.breakers(),
      consumerLag: 0,
      outboxAgeSeconds: 0,
      deadLetters: 0,
    }
    return new Map<ServiceName, ServiceStatus | undefined>([...answers, ['admin', own]])
  }
}
