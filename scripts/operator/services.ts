import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceName } from '@alcove/contracts'
import type { Environment } from '../dlq/arguments.ts'
import { ask, expectSuccess, Refused } from '../dlq/client.ts'
import type { Answer } from '../demo/caller.ts'

/** Asks a service over its internal routes with this pod's own token, as admin. Rejects with `Unreachable` when it does not answer. */
export async function askService<T>(env: Environment, service: ServiceName, [method, path]: readonly ['GET' | 'POST', string]): Promise<Answer<T>> {
  const base = (env[`${service.toUpperCase()}_SERVICE_URL`] || `http://${service}`).replace(/\/$/, '')
  return ask<T>(method, `${base}${path}`, { headers: { 'x-service-authorization': `Bearer ${readToken(env, service)}` } })
}

function readToken({ SERVICE_TOKEN_DIR: directory = '/var/run/secrets/alcove' }: Environment, service: ServiceName): string {
  try {
    return readFileSync(join(directory, service), 'utf8').trim()
  } catch (error) {
    throw new Refused(`there is no token for ${service} in ${directory}: this runs in a pod of admin, kubectl exec deploy/admin -- alcove`, { cause: error })
  }
}

/** Has reporting make its read models anew and waits for the end, however long that takes. The number of events. */
export async function rebuildReports(env: Environment): Promise<number> {
  for (;;) {
    const answer = await askService<{ events: number }>(env, 'reporting', ['POST', '/internal/rebuild'])
    if (answer.status !== 202) return expectSuccess(answer).events
  }
}
