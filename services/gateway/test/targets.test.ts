import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { listRoutedOperations } from '../src/routing.ts'
import { buildTestGateway, type TestGateway } from './build-test-app.ts'
import { sendRaw } from './send-raw.ts'

const oneFailure = { consecutiveFailuresMax: 1, volumeThreshold: 1, errorThresholdPercentage: 1 }
let gateway: TestGateway
let token: string
beforeAll(async () => {
  // A breaker that a single counted failure opens, and which then stays open.
  gateway = await buildTestGateway({ clientOptions: { breaker: { ...oneFailure, resetTimeoutMs: 3_600_000 } } })
  token = await gateway.token(['admin'])
})
afterAll(() => gateway.close())
beforeEach(() => void (gateway.seen.length = 0))

interface Route {
  method: string
  publicPath: string
  servicePath: string
}
const id = '01890000-0000-7000-8000-000000000009'
const fill = (path: string) => path.replace(/\{[^}]+\}/g, id)
const routes: Route[] = listRoutedOperations().map(({ operation, publicPath }) => ({
  method: operation.method,
  publicPath: fill(publicPath),
  servicePath: fill(operation.path),
}))

const hex = (char: string, upper: boolean) => {
  const text = char.charCodeAt(0).toString(16).padStart(2, '0')
  return `%${upper ? text.toUpperCase() : text}`
}
/** Some characters of a path percent-encoded, slashes too; `twice` encodes the percent signs again. */
const encoded = fc.array(fc.nat(60), { maxLength: 8 }).chain((at) =>
  fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 9 })).map(([upper, twice]) => (path: string) => {
    const once = [...path].map((char, index) => (at.includes(index) && index > 0 ? hex(char, upper) : char)).join('')
    return twice === 0 ? once.replaceAll('%', '%25') : once
  }),
)
const inserted = fc
  .tuple(
    fc.constantFrom(
      '/.',
      '/..',
      '/%2e',
      '/%2E%2e',
      '/',
      '//',
      '/x/..',
      '/internal/..',
      '/..%2finternal',
      '/%00',
      '/%0d%0a',
      '/\\',
      ';x',
      '%',
      '%zz',
      '\xff',
      '%ff',
    ),
    fc.nat(6),
  )
  .map(([piece, at]) => (path: string) => {
    const segments = path.split('/').slice(1)
    return `/${segments.slice(0, at).join('/')}${piece}${segments.length > at ? `/${segments.slice(at).join('/')}` : ''}`
  })
const cased = fc.nat(40).map((at) => (path: string) => path.slice(0, at) + path.slice(at, at + 1).toUpperCase() + path.slice(at + 1))
const plain = fc.constant((path: string) => path)
const prefixed = fc
  .constantFrom(
    '',
    '',
    '',
    'http://any.host',
    'HTTP://any.host:8080',
    'https://[::1]',
    'http://u:p@any.host',
    'http://',
    'http:',
    'ftp://any.host',
    '*',
    '.',
    '/',
    '/.',
    '//any.host',
    '\\',
  )
  .map((prefix) => (path: string) => prefix + path)
const suffixed = fc
  .constantFrom(
    '',
    '',
    '',
    '#',
    '#/../internal/status',
    '?a=b#',
    '#?a=b',
    '?',
    '??',
    '?/../internal/status',
    '?a=%2e%2e',
    '?http://x',
    '?a=\xe9',
    '?a[]=%zz',
    '/',
    '/..',
    '/internal/status',
  )
  .map((suffix) => (path: string) => path + suffix)

interface Sent {
  route: Route
  target: string
}
const sent: fc.Arbitrary<Sent> = fc
  .tuple(fc.constantFrom(...routes), fc.oneof(encoded, inserted, cased, plain), fc.oneof(encoded, inserted, plain, plain), prefixed, suffixed)
  .map(([route, first, second, prefix, suffix]) => ({ route, target: prefix(suffix(second(first(route.publicPath)))) }))

const templates = listRoutedOperations().map(({ operation: { method, service, path } }) => ({
  method,
  service,
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`),
}))
/** The path of a target (RFC 3986): without scheme, authority, query and fragment, decoded once; a trailing slash says nothing. */
function meaningOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/, 1)[0]!
  return decodeURIComponent(path).replace(/(?<=.)\/$/, '')
}
const publicPathsOf = (path: string) => [`/api${decodeURIComponent(path)}`, decodeURIComponent(path)]

const stateOf = () => ({ breakers: gateway.client.breakers(), services: gateway.registry.list() })

async function send(method: string, target: string) {
  gateway.seen.length = 0
  const { status, head } = await sendRaw(gateway.url, [
    `${method} ${target} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
  ])
  return { status, head, seen: gateway.seen.map(({ service, method: asked, url }) => ({ service, method: asked, path: url.split('?', 1)[0]! })) }
}

it('answers any target like the plain path or with 4xx; no breaker and no registry state moves, nothing reaches /internal/', async () => {
  const before = stateOf()
  const outcomes = { like: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(sent, async ({ route, target }) => {
      const { status, seen } = await send(route.method, target)
      for (const { service, path, method } of seen) {
        expect(path).not.toMatch(/^\/internal/)
        // What the service is asked for is what the target means, written in the one way: never text of the client's own.
        expect(templates.filter((each) => each.pattern.test(path)).map((each) => `${each.method} ${each.service}`)).toContain(`${method} ${service}`)
        expect(publicPathsOf(path)).toContain(meaningOf(target))
        expect(path.split('/').map(decodeURIComponent)).not.toContain('..')
      }
      if (seen.length > 0) outcomes.like += 1
      else outcomes.refused += 1
      expect(status === 200 || (status >= 400 && status < 500)).toBe(true)
      expect(stateOf()).toEqual(before)
      expect(gateway.suspected).toEqual([])
    }),
    { numRuns: 1000 },
  )
  // Both kinds are common: neither half of the property is empty.
  expect(outcomes.like).toBeGreaterThan(100)
  expect(outcomes.refused).toBeGreaterThan(100)
}, 300_000)

it.each([
  ['percent-encoding', (path: string) => path.replace(/[a-z]/g, (char) => hex(char, true))],
  ['the absolute form', (path: string) => `http://any.host${path}`],
  ['the absolute form with a query', (path: string) => `HTTP://any.host:80${path}?a=1`],
  ['a fragment', (path: string) => `${path}#/../internal/status`],
  ['all of them', (path: string) => `https://any.host/%61pi${path.slice('/api'.length)}?a=1#x`],
])(
  'every route is itself through %s',
  async (_name, spell) => {
    for (const route of routes.filter(({ publicPath }) => publicPath.startsWith('/api'))) {
      const expected = await send(route.method, route.publicPath)
      const { status, seen } = await send(route.method, spell(route.publicPath))
      expect([route, status, seen]).toEqual([route, expected.status, expected.seen])
      expect(seen[0]!.path).toBe(route.servicePath)
    }
    expect(gateway.client.breakers().every(({ state }) => state === 'closed')).toBe(true)
  },
  120_000,
)

it('the query goes on as it was written', async () => {
  await send('GET', '/api/v1/bookings?b=2&a=%20x+y&a=&&%C3%A9#no')
  await sendRaw(gateway.url, [`GET http://h/api/v1/bookings?x=http://y/?z HTTP/1.1\r\nhost: h\r\nauthorization: Bearer ${token}\r\nconnection: close\r\n\r\n`])
  expect(gateway.seen.map(({ url }) => url)).toEqual(['/v1/bookings?b=2&a=%20x+y&a=&&%C3%A9', '/v1/bookings?x=http://y/?z'])
})

it('the host of an absolute target is the host, whatever Host says', async () => {
  await sendRaw(gateway.url, [
    `GET http://alcove.example:8443/api/v1/bookings HTTP/1.1\r\nhost: other\r\nauthorization: Bearer ${token}\r\nconnection: close\r\n\r\n`,
  ])
  expect(gateway.seen[0]!.headers['x-forwarded-host']).toBe('alcove.example:8443')
})

it.each([
  ['/api/v1/bookings/a%2Fb', 404],
  ['/api/v1/bookings/..', 404],
  ['/api/v1/bookings/%2e', 404],
  ['/api/v1/bookings/a%5Cb', 404],
  ['/api/v1/bookings/a%0Ab', 404],
  ['/api/v1/bookings/%00', 404],
  ['/api/v1/bookings/%c2%85', 404],
  ['*api/v1/bookings', 404],
  ['http://u@any.host/api/v1/bookings', 404],
  ['/api/v1/bookings/%ff', 400],
  ['/api/v1/bookings?a=\xe9', 400],
  ['/api/v1/bookings/\xe9', 400],
])('%s is not forwarded: %i', async (target, expected) => {
  const { status, seen } = await send('GET', target)
  expect([status, seen]).toEqual([expected, []])
})

it.each(['100%', 'a+b', 'ü', 'a;b', '~', "it's", 'a%20b', '%252F'])('a name such as %s reaches the service as that name', async (name) => {
  const spelled = name.startsWith('%') || name.includes('%20') ? name : encodeURIComponent(name)
  const { seen } = await send('GET', `/api/v1/bookings/${spelled}`)
  expect(decodeURIComponent(seen[0]!.path)).toBe(`/v1/bookings/${decodeURIComponent(spelled)}`)
})
