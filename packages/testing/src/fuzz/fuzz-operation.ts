import type { Operation, ProblemSlug } from '@alcove/contracts'
import fc, { type Arbitrary } from 'fast-check'
import { buildArbitrary, narrow, type ArbitraryOptions } from './arbitraries.ts'
import { buildBroken, listRefusedTexts } from './broken.ts'
import { checkPointers, createAnswerCheck, FuzzFailure, type FuzzAnswer } from './check-answer.ts'
import { buildUrl } from './sample-request.ts'
import type { Schema } from './schema.ts'

export interface FuzzRequest {
  method: string
  url: string
  headers: Record<string, string>
  payload?: string
}

/** Where requests go and who asks. */
export interface FuzzTarget extends ArbitraryOptions {
  /** `(request) => app.inject(request)` */
  send(request: FuzzRequest): Promise<FuzzAnswer>
  /** Headers of callers that the operation lets in; each request is by one of them. */
  callers: readonly Record<string, string>[]
  /** Problems beyond the declared ones, such as `dependency-unavailable` where a neighbour is faked as down. */
  mayAnswer?: readonly ProblemSlug[]
  /** Requests of each sort, three times as many of those the schema allows; default 25. */
  runs?: number
  /** An answer that takes longer hangs; default 15 s, for a loaded machine must not fail a right program. */
  patienceMs?: number
}

/** The same requests every time unless told otherwise, so that a failure can be had again. */
const seedDefault = 20_260_105

type Check = (answer: FuzzAnswer, path: string) => Record<string, unknown> | undefined
interface Fuzz {
  operation: Operation
  target: FuzzTarget
  check: Check
  /** Sends one request and judges the answer; throws with the request in the message. */
  ask(request: Omit<FuzzRequest, 'method'>, judge?: (problem: Record<string, unknown> | undefined, answer: FuzzAnswer) => void): Promise<void>
  settings: { numRuns: number; seed: number }
}

/**
 * Sends an operation what its schema allows and what it does not: wrong types, missing and unknown members, extremes, NUL, broken
 * Unicode, long lists, deep nesting, other media types, invalid JSON, bodies over 256 KiB. Throws unless every answer comes, is declared and
 * in shape, is no 500, and a 400 names every broken field at once and no other.
 */
export async function fuzzOperation(target: FuzzTarget, operation: Operation): Promise<void> {
  const check = createAnswerCheck(operation, target.mayAnswer ?? [])
  let turn = 0
  // Shrinking would wait as long for every smaller request.
  let hang: FuzzFailure | undefined
  const fuzz: Fuzz = {
    operation,
    target,
    check,
    settings: { numRuns: target.runs ?? 25, seed: Number(process.env.FUZZ_SEED ?? seedDefault) },
    async ask(given, judge) {
      const caller = target.callers[turn++ % target.callers.length]!
      const request = { method: operation.method, ...given, headers: { ...caller, ...given.headers } }
      if (hang) throw hang
      const answer = await withinPatience(target, request)
      if (!answer) throw (hang = new FuzzFailure(`no answer in time\n${describe(request)}`))
      try {
        judge?.(check(answer, request.url.split('?', 1)[0]!), answer)
      } catch (error) {
        throw new FuzzFailure(`${(error as Error).message}\n${describe(request)}\n→ ${answer.statusCode} ${answer.body.slice(0, 600)}`, { cause: error })
      }
    },
  }
  try {
    await sendAll(fuzz)
  } catch (error) {
    // The request and its answer first, then how fast-check found them.
    const { cause } = error as Error
    throw cause instanceof FuzzFailure ? new FuzzFailure(`${cause.message}\n${(error as Error).message}`, { cause }) : error
  }
}

async function sendAll(fuzz: Fuzz): Promise<void> {
  const { operation } = fuzz
  await sendAllowed(fuzz)
  if (operation.query) await sendBrokenQueries(fuzz)
  if (operation.params) await sendBrokenPaths(fuzz)
  if (operation.method === 'GET' || operation.method === 'DELETE') return
  if (operation.body) await sendBrokenBodies(fuzz)
  await sendAnything(fuzz)
  await sendUnreadable(fuzz)
}

async function withinPatience({ send, patienceMs = 15_000 }: FuzzTarget, request: FuzzRequest): Promise<FuzzAnswer | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), patienceMs)
  try {
    return await Promise.race([send(request), promise])
  } finally {
    clearTimeout(timer)
  }
}

function describe({ method, url, headers, payload }: FuzzRequest): string {
  const shown = Object.entries(headers).filter(([name]) => !name.includes('authorization'))
  return `${method} ${url} ${JSON.stringify(Object.fromEntries(shown))} ${payload === undefined ? '' : payload.slice(0, 1500)}`
}

const json = { 'content-type': 'application/json' }

/** Parts of a request as the schemas allow them. */
function buildParts(fuzz: Fuzz): Arbitrary<{ params: unknown; query: unknown; body: unknown; headers: Record<string, string> }> {
  const { operation } = fuzz
  const part = (schema: unknown, options: ArbitraryOptions = fuzz.target) => (schema ? buildArbitrary(schema as Schema, options) : fc.constant(undefined))
  const collection = /([^/]+)\/\{id\}/.exec(operation.path)?.[1]
  const ifMatch = operation.ifMatch ? fc.constantFrom('"1"', '"2"', '"999999999999999"', 'W/"1"', '*', '"x"') : fc.constant(undefined)
  const key = operation.method === 'POST' ? fc.option(fc.uuid(), { nil: undefined }) : fc.constant(undefined)
  const headers = fc
    .tuple(ifMatch, key)
    .map(([etag, idempotencyKey]) => ({ ...(etag ? { 'if-match': etag } : {}), ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}) }))
  return fc.record({
    params: part(operation.params, collection ? narrow(fuzz.target, collection) : fuzz.target),
    query: part(operation.query),
    body: part(operation.body),
    headers,
  })
}

async function sendAllowed(fuzz: Fuzz): Promise<void> {
  await fc.assert(
    fc.asyncProperty(buildParts(fuzz), async ({ params, query, body, headers }) => {
      const payload = body === undefined ? {} : { payload: JSON.stringify(body) }
      await fuzz.ask(
        { url: buildUrl(fuzz.operation, params, query), headers: { ...headers, ...(body === undefined ? {} : json) }, ...payload },
        () => undefined,
      )
    }),
    { ...fuzz.settings, numRuns: 3 * fuzz.settings.numRuns },
  )
}

/** Every parameter wrong, one unknown, all reported at once. */
async function sendBrokenQueries(fuzz: Fuzz): Promise<void> {
  const properties = Object.entries((fuzz.operation.query as Schema).properties ?? {}).filter(([, schema]) => listRefusedTexts(schema).length > 0)
  const texts = Object.fromEntries(properties.map(([name, schema]) => [name, fc.constantFrom(...listRefusedTexts(schema))]))
  await fc.assert(
    fc.asyncProperty(buildParts(fuzz), fc.record(texts, { requiredKeys: [] }), async ({ params, query, body, headers }, wrong) => {
      const url = buildUrl(fuzz.operation, params, { ...(query as object), ...wrong, 'no-such': '1' })
      const payload = body === undefined ? {} : { payload: JSON.stringify(body) }
      const pointers = ['/no-such', ...Object.keys(wrong).map((name) => `/${name}`)]
      await fuzz.ask({ url, headers: { ...headers, ...(body === undefined ? {} : json) }, ...payload }, (problem) => checkPointers(problem, pointers))
    }),
    fuzz.settings,
  )
}

const oddSegments = [
  '1',
  'null',
  'undefined',
  '%00',
  '%2e%2e%2f',
  '%2F',
  '%F0%9F%92%A9',
  'x'.repeat(900),
  "'%20OR%201=1--",
  '0189',
  '%ED%A0%80',
  'FFFFFFFF-FFFF-7FFF-8FFF-FFFFFFFFFFFF',
]

async function sendBrokenPaths(fuzz: Fuzz): Promise<void> {
  for (const segment of oddSegments) {
    const url = fuzz.operation.path.replace(/\{\w+\}/g, segment)
    await fuzz.ask({ url, headers: {} }, (problem, answer) => {
      if (answer.statusCode !== 400 && answer.statusCode !== 404 && answer.statusCode !== 200)
        throw new FuzzFailure(`an odd path answered ${String(problem?.status ?? answer.statusCode)}`)
    })
  }
}

async function sendBrokenBodies(fuzz: Fuzz): Promise<void> {
  const schema = fuzz.operation.body as Schema
  if (schema.type !== 'object') return
  await fc.assert(
    fc.asyncProperty(buildParts(fuzz), buildBroken(schema, fuzz.target), async ({ params, query, headers }, broken) => {
      const request = { url: buildUrl(fuzz.operation, params, query), headers: { ...headers, ...json }, payload: JSON.stringify(broken.value) }
      await fuzz.ask(request, (problem) => checkPointers(problem, broken.pointers))
    }),
    fuzz.settings,
  )
}

/** Whatever JSON there is: long, deep, unstorable. Nothing but an answer in shape is asked for. */
async function sendAnything(fuzz: Fuzz): Promise<void> {
  const odd = [
    '{}',
    '[]',
    'null',
    '0',
    '""',
    '{"a":"\\u0000"}',
    '{"a":"\\ud800"}',
    '{"\\u0000":1}',
    '{"__proto__":{"admin":true}}',
    '{"constructor":{"prototype":{"x":1}}}',
    '{"a":1,"a":2}',
    '1e999',
  ]
  const bodies = [
    ...odd,
    `[${'0,'.repeat(50_000)}0]`,
    '['.repeat(50_000) + ']'.repeat(50_000),
    `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
    JSON.stringify(Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`m${index}`, index]))),
  ]
  await fc.assert(
    fc.asyncProperty(buildParts(fuzz), fc.oneof(fc.constantFrom(...bodies), fc.json({ maxDepth: 6 })), async ({ params, query, headers }, payload) => {
      await fuzz.ask({ url: buildUrl(fuzz.operation, params, query), headers: { ...headers, ...json }, payload }, () => undefined)
    }),
    { ...fuzz.settings, numRuns: bodies.length + fuzz.settings.numRuns },
  )
}

/** Bodies that are not read at all, and why. */
async function sendUnreadable(fuzz: Fuzz): Promise<void> {
  const [parts] = fc.sample(buildParts(fuzz), { numRuns: 1, seed: fuzz.settings.seed })
  const url = buildUrl(fuzz.operation, parts!.params, parts!.query)
  const expecting = (status: number) => (problem: Record<string, unknown> | undefined, answer: FuzzAnswer) => {
    if (answer.statusCode !== status || problem === undefined) throw new FuzzFailure(`${status} was due`)
  }
  const { headers } = parts!
  for (const payload of ['{', '{"a":}', "{'a':1}", '{"a":1,}', '\uFEFF{}', 'NaN', '{"a":1}}', '\u0000'])
    await fuzz.ask({ url, headers: { ...headers, ...json }, payload }, expecting(400))
  for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp'])
    await fuzz.ask({ url, headers: { ...headers, 'content-type': type }, payload: '{"a":1}' }, expecting(415))
  for (const payload of [`{"a":"${'x'.repeat(256 * 1024)}"}`, ' '.repeat(300 * 1024), '['.repeat(270_000)])
    await fuzz.ask({ url, headers: { ...headers, ...json }, payload }, expecting(413))
}
