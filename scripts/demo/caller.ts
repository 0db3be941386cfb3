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

/** As {@link call}, for an answer without which nothing can go on. */
export async function callExpecting<T>(status: number, request: readonly [method: string, url: string], options: CallOptions = {}): Promise<T> {
  const answer = await call<T>(...request, options)
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
