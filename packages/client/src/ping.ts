import type { ServiceName } from '@alcove/contracts'
import { DependencyError } from '@alcove/kit'

// Imported by name, node:http would load Node's own undici too (kit, http.ts).
const { get: getPlain } = process.getBuiltinModule('node:http')
const { get: getSecure } = process.getBuiltinModule('node:https')

/**
 * Asks a service's `GET /health`, which touches no dependency, over a connection of its own: past breaker, bulkhead and pool, so that the answer is about
 * the service alone. Any HTTP answer is one. @throws {DependencyError} there was none in time
 */
export function ping(callee: ServiceName, baseUrl: string, timeoutMs: number): Promise<void> {
  const url = new URL(`${baseUrl}/health`)
  const get = url.protocol === 'https:' ? getSecure : getPlain
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      response.destroy()
      resolve()
    })
    request.on('error', (cause: Error) => {
      reject(new DependencyError(callee, { sent: true, reason: cause.name === 'AbortError' || cause.name === 'TimeoutError' ? 'timeout' : 'refused', cause }))
    })
  })
}
