import { setTimeout as delay } from 'node:timers/promises'

/** What a service answered. */
export interface Answer<T> {
  readonly status: number
  readonly body: T
  readonly headers: Headers
}

export interface CallOptions {
  readonly token?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** How often a call is made again that was limited or met a service in restart, each time as late as the answer says. */
const REPEATS_MAX = 60

/** One HTTP call with JSON both ways; any status is an answer. */
export async function call<T = Record<string, unknown>>(method: string, url: string, options: CallOptions = {}): Promise<Answer<T>> {
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers }
  if (options.token) headers.authorization = `Bearer ${options.token}`
  if (options.body !== undefined) headers['content-type'] = 'application/json'
  const answer = await fetch(url, {
    method,
    headers,
    body: options.body === undefined ? undefined : JSON.stringify(options.body),
    signal: AbortSignal.timeout(30_000),
  })
  const text = await answer.text()
  const isJson = (answer.headers.get('content-type') ?? '').includes('json')
  return { status: answer.status, headers: answer.headers, body: (isJson && text !== '' ? JSON.parse(text) : { text }) as T }
}

/** As {@link call}, again and again where the answer is to come back later. */
export async function callPatiently<T = Record<string, unknown>>(method: string, url: string, options: CallOptions = {}): Promise<Answer<T>> {
  for (let repeats = 0; ; repeats += 1) {
    const answer = await call<T>(method, url, options)
    const waitSeconds = Number(answer.headers.get('retry-after') ?? Number.NaN)
    if ((answer.status !== 429 && answer.status !== 503) || Number.isNaN(waitSeconds) || repeats === REPEATS_MAX) return answer
    await delay(waitSeconds * 1000)
  }
}

/** As {@link callPatiently}, for an answer without which nothing can go on. */
export async function callExpecting<T>(status: number, request: readonly [method: string, url: string], options: CallOptions = {}): Promise<T> {
  const answer = await callPatiently<T>(...request, options)
  if (answer.status !== status) throw new Error(`${request.join(' ')} answered ${answer.status} instead of ${status}: ${JSON.stringify(answer.body)}`)
  return answer.body
}

/** Runs `task` over all items, at most `width` at once; rejects with the first failure. */
export async function forEach<T>(items: readonly T[], width: number, task: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await task(item)
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, work))
}
