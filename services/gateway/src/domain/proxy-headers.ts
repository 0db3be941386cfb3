/** Headers as Node parses them: lower-case names. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>

/** Hop-by-hop headers (RFC 9110, 7.6.1) and what only Alcove itself may say to its services. */
const notPassedOn = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'host',
  'content-length',
  'x-service-authorization',
  'x-service-name',
  'x-request-id',
  'x-request-deadline-ms',
  'x-gateway-service',
  'traceparent',
  'x-original-path',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'forwarded',
])
const notPassedBack = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
  'x-gateway-service',
])

function listNamedInConnection({ connection }: Headers): string[] {
  return typeof connection === 'string' ? connection.split(',').map((name) => name.trim().toLowerCase()) : []
}

function copy(headers: Headers, without: ReadonlySet<string>): Record<string, string | string[]> {
  const named = listNamedInConnection(headers)
  const copied: Record<string, string | string[]> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && !without.has(name) && !named.includes(name)) copied[name] = value
  }
  return copied
}

/** What a client's headers become on the way to a service. */
export function toServiceHeaders(headers: Headers, own: Record<string, string>): Record<string, string | string[]> {
  return Object.assign(copy(headers, notPassedOn), own)
}

/** What a service's headers become on the way to the client. */
export function toClientHeaders(headers: Headers, own: Record<string, string>): Record<string, string | string[]> {
  const vary = [headers.vary, own.vary].filter((each) => each !== undefined).join(', ')
  return Object.assign(copy(headers, notPassedBack), own, vary === '' ? {} : { vary })
}
