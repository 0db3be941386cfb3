import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What becomes of a request: passed on, kept unanswered, or its connection reset before it is read. */
export type Treatment = 'pass' | 'hold' | 'reset'

/** A request as it came to a callee's door. */
export interface Passed {
  method: string
  path: string
  requestId: string | undefined
  /** What its `X-Request-Deadline-Ms` said. */
  budgetMs: number
  treatment: Treatment
}

/** What stands between a caller and a callee, and counts at the callee's door. */
export interface RecordingProxy {
  url: string
  passed: Passed[]
  /** Where requests go, once it is known. */
  target: string
  treat: (asked: Pick<Passed, 'method' | 'path'>) => Treatment
  close(): Promise<void>
}

/** Starts a proxy on a free port; it is given to a caller as the callee's address. */
export async function startRecordingProxy(): Promise<RecordingProxy> {
  const server = createServer((request, response) => {
    const { method = '', url: path = '', headers } = request
    const treatment = proxy.treat({ method, path })
    const requestId = headers['x-request-id'] as string | undefined
    proxy.passed.push({ method, path, requestId, budgetMs: Number(headers['x-request-deadline-ms']), treatment })
    if (proxy.target === '') response.writeHead(503).end()
    else if (treatment === 'pass') passOn(proxy.target, request, response)
    else if (treatment === 'reset') request.socket.resetAndDestroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: RecordingProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed: [],
    target: '',
    treat: () => 'pass',
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}

function passOn(target: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = request
  const onward = ask(`${target}${url}`, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  response.once('close', () => onward.destroy())
  request.pipe(onward)
}

/**
 * How many of these were second tries: the same request again after its connection was reset, with nothing about the same thing between.
 * Reconciliation asks before it sends again, and under no request's id.
 */
export function countRetries(passed: readonly Passed[]): number {
  const last = new Map<string, Passed>()
  let retries = 0
  for (const each of passed) {
    const before = last.get(each.path)
    if (before?.treatment === 'reset' && before.method === each.method && before.requestId === each.requestId) retries += 1
    last.set(each.path, each)
  }
  return retries
}
