import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '@alcove/kit'
import { Agent, request } from 'undici'
import { toPublicJwks, type ReadServiceKeys, type ServiceKeys } from '../crypto/key-sources.ts'

/** Short against the five seconds after which a service asks again for a key it does not know. */
const freshMs = 2000
const timeoutMs = 1500

export interface ClusterKeysOptions {
  /** `https://kubernetes.default.svc` */
  apiUrl: string
  /** Holds `token` and `ca.crt`, both read again at every question since the kubelet renews them. */
  credentialsDir: string
  log: Pick<Logger, 'warn'>
  freshMs?: number
}

/**
 * The keys that the cluster signs ServiceAccount tokens with, and its name as their issuer, from the API server. What was read once is served
 * for as long as the API server cannot be asked: a key does not stop being good because its owner is away. Only before that it throws.
 */
export function createClusterKeyReader(options: ClusterKeysOptions): ReadServiceKeys {
  const { log } = options
  let known: ServiceKeys | undefined
  let triedAt = -Infinity
  let pending: Promise<void> | undefined

  async function refresh(): Promise<void> {
    try {
      known = await readKeys(options)
    } catch (error) {
      if (!known) throw error
      log.warn({ err: error }, 'the API server could not be asked for its keys; the known ones are served on')
    } finally {
      triedAt = performance.now()
    }
  }

  return async () => {
    if (!known || performance.now() - triedAt > (options.freshMs ?? freshMs)) await (pending ??= refresh().finally(() => (pending = undefined)))
    return known
  }
}

async function readKeys({ apiUrl, credentialsDir }: ClusterKeysOptions): Promise<ServiceKeys> {
  const authority = join(credentialsDir, 'ca.crt')
  const agent = new Agent({ connect: existsSync(authority) ? { ca: readFileSync(authority) } : {} })
  const token = readFileSync(join(credentialsDir, 'token'), 'utf8').trim()
  const ask = async (path: string) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const { statusCode, body } = await request(`${apiUrl.replace(/\/+$/, '')}${path}`, {
      dispatcher: agent,
      signal,
      headers: { authorization: `Bearer ${token}`, accept: 'application/json, application/jwk-set+json' },
    })
    if (statusCode === 200) return body.json()
    await body.dump()
    throw new Error(`the API server answered ${statusCode} to ${path}`)
  }
  try {
    const [configuration, keys] = await Promise.all([ask('/.well-known/openid-configuration'), ask('/openid/v1/jwks')])
    const { issuer } = configuration as { issuer?: unknown }
    if (typeof issuer !== 'string') throw new Error('the API server names no issuer')
    return { issuer, keys: toPublicJwks(keys) }
  } finally {
    await agent.close()
  }
}
