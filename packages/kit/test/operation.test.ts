import { closed, defineOperation, IdParamsSchema, InstantSchema, lineOf, nameOf, nullable, textOf } from '@alcove/contracts'
import Type from 'typebox'
import { describe, expect, it } from 'vitest'
import { DependencyError, forbidden, notFound, requireVersion, rulesBroken } from '../src/index.ts'
import { buildAppWith, sign, signService, userId } from './build-test-app.ts'

const id = '01890000-0000-7000-8000-000000000009'
const change = defineOperation({
  id: 'change-thing',
  service: 'workspace',
  method: 'POST',
  path: '/v1/things/{id}',
  summary: '',
  access: 'user',
  params: IdParamsSchema,
  query: closed({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    tag: Type.Optional(Type.Array(Type.String(), { maxItems: 3 })),
  }),
  body: closed({
    startsAt: InstantSchema,
    note: Type.Optional(nullable(Type.String({ maxLength: 10 }))),
    payment: Type.Optional(Type.Union([closed({ method: Type.Literal('card'), token: Type.String() }), closed({ method: Type.Literal('credits') })])),
  }),
  responses: { 200: Type.Object({ at: Type.String(), note: nullable(Type.String()), kind: Type.Enum(['a', 'b']) }) },
})
const good = { startsAt: '2026-03-01T10:00:00+01:00' }
const answer = { status: 200 as const, body: { at: 'x', note: null, kind: 'a' as const } }
const authorization = async (roles?: string[]) => ({ authorization: `Bearer ${await sign(roles ? { roles } : {})}` })
const pointers = (body: string) =>
  (JSON.parse(body) as { errors: { pointer: string; code: string }[] }).errors.map((error) => `${error.pointer} ${error.code}`).sort()

describe('validation', () => {
  it('hands validated input and the caller to the handler', async () => {
    const seen: unknown[] = []
    const app = buildAppWith(change, async (input, ctx) => {
      seen.push(input, ctx.principal.userId, ctx.requestId)
      return answer
    })
    const headers = { ...(await authorization()), 'idempotency-key': 'k', 'if-match': '"7"', 'x-request-id': 'mine-1' }
    const response = await app.inject({ method: 'POST', url: `/v1/things/${id}?tag=a`, payload: good, headers })
    expect(response.statusCode).toBe(200)
    expect(response.json()).toEqual({ at: 'x', note: null, kind: 'a' })
    expect(response.headers['x-request-id']).toBe('mine-1')
    expect(seen).toEqual([{ params: { id }, query: { limit: 50, tag: ['a'] }, body: good, ifMatch: [7], idempotencyKey: 'k' }, userId, 'mine-1'])
  })

  it('sends JSON that the handler has written itself as it is, with the head of any other answer', async () => {
    const written = buildAppWith(change, async () => ({ status: 200, body: Buffer.from('{"at": "é"}') }))
    const plain = buildAppWith(change, async () => answer)
    const ask = { method: 'POST', url: `/v1/things/${id}`, payload: good, headers: { ...(await authorization()), 'x-request-id': 'mine-1' } } as const
    const response = await written.inject(ask)
    expect(response.body).toBe('{"at": "é"}')
    expect(response.headers).toMatchObject({ 'content-length': '12', 'x-request-id': 'mine-1' })
    expect(response.headers['content-type']).toBe((await plain.inject(ask)).headers['content-type'])
  })

  it('names every broken field of path, query, body and headers at once', async () => {
    const app = buildAppWith(change, async () => answer)
    const response = await app.inject({
      method: 'POST',
      url: '/v1/things/nope?limit=0&other=1',
      payload: { startsAt: '2026-02-30T10:00:00Z', note: 'x'.repeat(11), extra: 1, payment: { method: 'card', more: 1 } },
      headers: { ...(await authorization()), 'if-match': '7', 'idempotency-key': 'é' },
    })
    expect(response.statusCode).toBe(400)
    expect(response.headers['content-type']).toBe('application/problem+json')
    expect(pointers(response.body)).toEqual(
      [
        '/Idempotency-Key format',
        '/If-Match format',
        '/extra unknown-member',
        '/id format',
        '/limit minimum',
        '/note max-length',
        '/other unknown-member',
        '/payment/more unknown-member',
        '/payment/token required',
        '/startsAt format',
      ].sort(),
    )
    expect(response.json()).toMatchObject({ type: '/problems/malformed', status: 400, instance: '/v1/things/nope', timestamp: '2026-03-01T10:00:00Z' })
  })

  it('names in a problem the path that the gateway was asked, where that one says so', async () => {
    const app = buildAppWith(change, async () => answer)
    const instance = async (told: string) =>
      (await app.inject({ method: 'POST', url: '/v1/things/nope?x=1', headers: { 'x-original-path': told } })).json<{ instance: string }>().instance
    expect(await instance('/api/v1/things/nope')).toBe('/api/v1/things/nope')
    for (const odd of ['', 'things', '/a b', '/\u00e9']) expect(await instance(odd)).toBe('/v1/things/nope')
  })

  it.each([
    ['a NUL character', '{"startsAt":"2026-03-01T10:00:00Z","note":"a\\u0000"}', '/note characters'],
    ['a lone surrogate', '{"startsAt":"2026-03-01T10:00:00Z","note":"\\ud800"}', '/note characters'],
    ['__proto__', '{"startsAt":"2026-03-01T10:00:00Z","__proto__":{"x":1}}', '/__proto__ unknown-member'],
    ['constructor', '{"startsAt":"2026-03-01T10:00:00Z","constructor":{"prototype":{}}}', '/constructor unknown-member'],
    ['an array', '[]', ' type'],
    ['a number where text is due', '{"startsAt":5}', '/startsAt type'],
    ['broken JSON', '{"startsAt":', ' json'],
    ['nothing', '', ' required'],
    ['null', 'null', ' type'],
    ['an unknown branch of a union', '{"startsAt":"2026-03-01T10:00:00Z","payment":{"method":"barter"}}', '/payment/method enum'],
  ])('answers 400 for %s', async (_name, payload, expected) => {
    const app = buildAppWith(change, async () => answer)
    const response = await app.inject({
      method: 'POST',
      url: `/v1/things/${id}`,
      payload,
      headers: { ...(await authorization()), 'content-type': 'application/json' },
    })
    expect(response.statusCode).toBe(400)
    expect(pointers(response.body)).toContain(expected)
  })

  it('survives nesting a thousand times deeper than any schema', async () => {
    const app = buildAppWith(change, async () => answer)
    const payload = `{"startsAt":${'['.repeat(60_000)}${']'.repeat(60_000)}}`
    const response = await app.inject({
      method: 'POST',
      url: `/v1/things/${id}`,
      payload,
      headers: { ...(await authorization()), 'content-type': 'application/json' },
    })
    expect(response.statusCode).toBe(400)
    expect(response.body).toContain('"code":"depth"')
  })

  it.each([
    '/v1/things/%zz',
    '/v1/things/%ff',
    `/v1/things/${id}%00`,
    `/v1/things/${id}?tag=%00`,
    `/v1/things/${id}?tag=%ff&tag=%zz&limit=__proto__`,
    `/v1/things/${id}?__proto__=1`,
  ])('answers 400 for %s', async (url) => {
    const app = buildAppWith(change, async () => answer)
    const response = await app.inject({ method: 'POST', url, payload: good, headers: await authorization() })
    expect(response.statusCode).toBe(400)
    expect(response.json()).toMatchObject({ type: '/problems/malformed', requestId: expect.any(String) })
  })

  it('accepts no body or an empty object where none is described, and nothing else', async () => {
    const bare = defineOperation({ ...change, query: undefined, body: undefined, id: 'bare' })
    const app = buildAppWith(bare, async () => answer)
    const post = async (payload?: string) =>
      app.inject({
        method: 'POST',
        url: `/v1/things/${id}`,
        payload,
        headers: { ...(await authorization()), ...(payload === undefined ? {} : { 'content-type': 'application/json' }) },
      })
    expect((await post()).statusCode).toBe(200)
    expect((await post('{}')).statusCode).toBe(200)
    expect(pointers((await post('{"a":1}')).body)).toEqual(['/a unknown-member'])
    expect((await post('[]')).statusCode).toBe(400)
    expect((await app.inject({ method: 'POST', url: `/v1/things/${id}?x=1`, headers: await authorization() })).statusCode).toBe(400)
  })
})

describe('order of the checks', () => {
  it('asks for the token before the body is looked at', async () => {
    const app = buildAppWith(change, async () => answer)
    const response = await app.inject({ method: 'POST', url: `/v1/things/${id}`, payload: 'x'.repeat(300_000), headers: { 'content-type': 'text/plain' } })
    expect(response.statusCode).toBe(401)
    expect(response.headers['www-authenticate']).toBe('Bearer')
  })

  it('answers 415 for another media type and for a compressed body', async () => {
    const app = buildAppWith(change, async () => answer)
    const post = async (headers: Record<string, string>) =>
      (await app.inject({ method: 'POST', url: `/v1/things/${id}`, payload: '{}', headers: { ...(await authorization()), ...headers } })).statusCode
    expect(await post({ 'content-type': 'text/plain' })).toBe(415)
    expect(await post({ 'content-type': '###' })).toBe(415)
    expect(await post({ 'content-type': 'application/json', 'content-encoding': 'gzip' })).toBe(415)
  })

  it('answers 400 before 403 and 403 before the handler', async () => {
    let reached = false
    const app = buildAppWith({ ...change, access: 'operator' } as const, async () => {
      reached = true
      return answer
    })
    const post = async (payload: object, roles: string[]) =>
      (await app.inject({ method: 'POST', url: `/v1/things/${id}`, payload, headers: await authorization(roles) })).statusCode
    expect(await post({}, ['member'])).toBe(400)
    expect(await post(good, ['member'])).toBe(403)
    expect(await post(good, ['team-admin'])).toBe(403)
    expect(reached).toBe(false)
    expect(await post(good, ['operator'])).toBe(200)
    expect(await post(good, ['admin'])).toBe(200)
  })

  it('lets only admins through where admin is asked for', async () => {
    const app = buildAppWith({ ...change, access: 'admin' } as const, async () => answer)
    const post = async (roles: string[]) =>
      (await app.inject({ method: 'POST', url: `/v1/things/${id}`, payload: good, headers: await authorization(roles) })).statusCode
    expect(await post(['operator'])).toBe(403)
    expect(await post(['admin'])).toBe(200)
  })

  it('takes a service token on internal operations and nothing else', async () => {
    const app = buildAppWith({ ...change, access: 'service' } as const, async (_input, ctx) => ({ ...answer, body: { ...answer.body, at: ctx.caller! } }))
    const post = (headers: Record<string, string>) => app.inject({ method: 'POST', url: `/v1/things/${id}`, payload: good, headers })
    expect((await post(await authorization(['admin']))).statusCode).toBe(401)
    expect((await post({ authorization: `Bearer ${await signService('booking')}` })).statusCode).toBe(401)
    expect((await post({ 'x-service-authorization': `Bearer ${await signService('payment')}` })).statusCode).toBe(403)
    const response = await post({ 'x-service-authorization': `Bearer ${await signService('booking')}` })
    expect(response.json()).toMatchObject({ at: 'booking' })
  })

  it('answers a public operation whatever token comes along, and knows a good one', async () => {
    const app = buildAppWith({ ...change, access: 'public' } as const, async (_input, ctx) => ({
      ...answer,
      body: { ...answer.body, at: ctx.optionalPrincipal?.userId ?? 'nobody' },
    }))
    const post = async (headers: Record<string, string>) => (await app.inject({ method: 'POST', url: `/v1/things/${id}`, payload: good, headers })).json()
    expect(await post({})).toMatchObject({ at: 'nobody' })
    expect(await post({ authorization: 'Bearer rubbish' })).toMatchObject({ at: 'nobody' })
    expect(await post(await authorization())).toMatchObject({ at: userId })
  })

  it('counts the service that passes a person’s request on, and refuses nothing for what it shows', async () => {
    const app = buildAppWith(change, async () => answer)
    const post = async (service: string) =>
      (
        await app.inject({
          method: 'POST',
          url: `/v1/things/${id}`,
          payload: good,
          headers: { ...(await authorization(['operator'])), 'x-service-authorization': service },
        })
      ).statusCode
    expect(await post(`Bearer ${await signService('booking')}`)).toBe(200)
    expect(await post('Bearer rubbish')).toBe(200)
    expect(await post(`Bearer ${await signService('payment')}`)).toBe(200)
    const readCounted = async () =>
      (await app.alcove.metrics.metrics())
        .split('\n')
        .filter((line) => line.startsWith('alcove_service_tokens_total{'))
        .sort()
    // No request waits for the judgement of what it only shows.
    await expect
      .poll(readCounted)
      .toEqual([
        'alcove_service_tokens_total{caller="booking",judgement="accepted"} 1',
        'alcove_service_tokens_total{caller="payment",judgement="undeclared"} 1',
        'alcove_service_tokens_total{caller="unknown",judgement="invalid"} 1',
      ])
  })
})

describe('If-Match', () => {
  const app = buildAppWith(change, async (input) => {
    requireVersion(input, 7)
    return answer
  })
  it.each([
    [undefined, 428],
    ['*', 200],
    [' * ', 200],
    ['"7"', 200],
    [' "7" ', 200],
    ['"6"', 412],
    ['W/"7"', 412],
    ['"abc"', 412],
    ['""', 412],
    ['"07"', 412],
    ['7', 400],
    ['"7', 400],
    ['"6", "7"', 200],
    ['"6",W/"7","8"', 412],
    ['W/"6" , ,"7",', 200],
    ['"a,b", "7"', 200],
    ['"7", *', 400],
    ['"6" "7"', 400],
    ['', 400],
    [' , ', 400],
  ])('%s answers %i', async (header, expected) => {
    const headers = { ...(await authorization()), ...(header === undefined ? {} : { 'if-match': header }) }
    expect((await app.inject({ method: 'POST', url: `/v1/things/${id}`, payload: good, headers })).statusCode).toBe(expected)
  })
})

describe('failures of the handler', () => {
  const fail = async (error: unknown, lines: string[] = []) => {
    const app = buildAppWith(
      change,
      async () => {
        throw error
      },
      lines,
    )
    return app.inject({ method: 'POST', url: `/v1/things/${id}`, payload: good, headers: await authorization() })
  }
  it('are told as problems', async () => {
    expect((await fail(notFound())).json()).toMatchObject({ type: '/problems/not-found', status: 404 })
    expect((await fail(forbidden('no'))).statusCode).toBe(403)
    const rules = await fail(
      rulesBroken([
        { code: 'too-short', detail: 'Too short.' },
        { code: 'off-grid', detail: 'Off grid.' },
      ]),
    )
    expect(rules.json()).toMatchObject({ status: 422, errors: [{ code: 'too-short' }, { code: 'off-grid' }] })
  })
  it('answer 503 with the dependency and when to come back', async () => {
    const response = await fail(new DependencyError('booking', { sent: false, reason: 'open', retryAfterSeconds: 3 }))
    expect(response.json()).toMatchObject({ status: 503, type: '/problems/dependency-unavailable', dependency: 'booking' })
    expect(response.headers['retry-after']).toBe('3')
  })
  it.each([
    Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
    Object.assign(new Error('shutting down'), { code: '57P01' }),
    Object.assign(new Error('too slow'), { code: '57014' }),
    new Error('timeout exceeded when trying to connect'),
    Object.assign(new AggregateError([Object.assign(new Error(), { code: 'ECONNREFUSED' })])),
    Object.assign(new Error('prisma'), { cause: { kind: 'DatabaseNotReachable' } }),
  ])('answer 503 database for %s', async (error) => {
    expect((await fail(error)).json()).toMatchObject({ status: 503, dependency: 'database' })
  })
  it('say nothing of what was not foreseen, and log it', async () => {
    const lines: string[] = []
    const response = await fail(new Error('the secret cause'), lines)
    expect(response.statusCode).toBe(500)
    expect(response.body).not.toContain('secret cause')
    expect(lines.join('')).toContain('the secret cause')
  })
  it('are told even when something else than an error is thrown', async () => {
    expect((await fail('text')).statusCode).toBe(500)
    expect((await fail(undefined)).statusCode).toBe(500)
  })
})

describe('deadline', () => {
  it('passes: 504, and the handler is told to stop', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const app = buildAppWith(change, async (_input, { signal }) => {
      signal.addEventListener('abort', () => resolve((signal.reason as Error).message))
      await promise
      return answer
    })
    const response = await app.inject({
      method: 'POST',
      url: `/v1/things/${id}`,
      payload: good,
      headers: { ...(await authorization()), 'x-request-deadline-ms': '2000' },
    })
    expect(response.json()).toMatchObject({ status: 504, type: '/problems/deadline-exceeded' })
    expect(await promise).toBe('the deadline has passed')
  })

  it('has passed when the request comes: 504, and the handler is not even asked', async () => {
    let asked = false
    const app = buildAppWith(change, async () => {
      asked = true
      return answer
    })
    const headers = { ...(await authorization()), 'x-request-deadline-ms': '0' }
    const response = await app.inject({ method: 'POST', url: `/v1/things/${id}`, payload: good, headers })
    expect(response.json()).toMatchObject({ status: 504, type: '/problems/deadline-exceeded' })
    expect(asked).toBe(false)
  })

  it('or the client goes away first: the handler is told to stop, and the log calls it no failure', async () => {
    const begun = Promise.withResolvers<void>()
    const lines: string[] = []
    const app = buildAppWith(
      change,
      async (_input, { signal }) => {
        begun.resolve()
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
        return answer
      },
      lines,
    )
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const gone = new AbortController()
    const headers = { ...(await authorization()), 'content-type': 'application/json' }
    const asked = fetch(`${url}/v1/things/${id}`, { method: 'POST', body: JSON.stringify(good), headers, signal: gone.signal }).catch(() => 'gone')
    await begun.promise
    gone.abort()
    expect(await asked).toBe('gone')
    await expect.poll(() => lines.join('')).toContain('the client went away')
    expect(lines.join('')).not.toContain('"level":"error"')
    await app.close()
  })

  it.each([
    ['20000', 20_000],
    ['99999999', 30_000],
    ['-5', 30_000],
    ['soon', 30_000],
  ])('%s means at most %i ms', async (header, expected) => {
    let remaining = 0
    const app = buildAppWith(change, async (_input, { deadline }) => {
      remaining = deadline.remainingMs()
      return answer
    })
    await app.inject({ method: 'POST', url: `/v1/things/${id}`, payload: good, headers: { ...(await authorization()), 'x-request-deadline-ms': header } })
    expect(remaining).toBeLessThanOrEqual(expected)
    expect(remaining).toBeGreaterThan(expected / 2)
  })
})

describe('text that a person writes and another reads', () => {
  const named = defineOperation({
    id: 'name-thing',
    service: 'workspace',
    method: 'POST',
    path: '/v1/names',
    summary: '',
    access: 'user',
    body: closed({ name: nameOf({ maxLength: 20 }), title: Type.Optional(lineOf({ maxLength: 20 })), reason: Type.Optional(textOf({ maxLength: 20 })) }),
    responses: { 200: Type.Object({ name: Type.String() }) },
  })
  const app = () => buildAppWith(named, async ({ body }) => ({ status: 200 as const, body: { name: body.name } }))
  const send = async (payload: object) => app().inject({ method: 'POST', url: '/v1/names', payload, headers: await authorization() })

  it('200 for names of every script', async () => {
    for (const name of ['Ada', 'می‌خواهم', 'श्‍री', '👩‍👩‍👧‍👦']) expect((await send({ name, title: '', reason: 'one\ntwo' })).json()).toEqual({ name })
  })

  it('400 that points at the member and says what to change', async () => {
    const refused = await send({ name: '\u200b', title: 'a\u202eb', reason: 'a\u0007' })
    expect(refused.statusCode).toBe(400)
    expect((refused.json() as { errors: unknown[] }).errors).toEqual([
      { pointer: '/name', code: 'format', detail: 'must contain a visible character' },
      { pointer: '/title', code: 'format', detail: 'must not contain characters that turn the direction of text around' },
      { pointer: '/reason', code: 'format', detail: 'must not contain control characters' },
    ])
  })
})
