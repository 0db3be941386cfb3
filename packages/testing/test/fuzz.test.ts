import { closed, defineOperation, IdParamsSchema, IdSchema, type Operation } from '@alcove/contracts'
import { addOperation, createApp, newId, type OperationHandler } from '@alcove/kit'
import Type from 'typebox'
import type { FastifyInstance } from 'fastify'
import { afterEach, expect, test } from 'vitest'
import { buildTestContext, fuzzOperation, type FuzzAnswer, type FuzzRequest } from '../src/index.ts'

// The fuzzer against applications with one known fault each: what it does not find here it would not find anywhere.
const operation = defineOperation({
  id: 'fuzzed',
  service: 'user',
  method: 'POST',
  path: '/v1/things/{id}',
  summary: 'Fuzzed',
  access: 'public',
  params: IdParamsSchema,
  query: closed({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })) }),
  body: closed({
    name: Type.String({ minLength: 1, maxLength: 50 }),
    count: Type.Integer({ minimum: 0, maximum: 10 }),
    inner: Type.Optional(closed({ deep: Type.Boolean() })),
    kind: Type.Enum(['a', 'b']),
  }),
  responses: { 200: Type.Object({ id: IdSchema, name: Type.String() }), 204: null },
})
type Handler = OperationHandler<typeof operation>
type Alter = (answer: FuzzAnswer, request: FuzzRequest) => FuzzAnswer | Promise<FuzzAnswer>

let app: FastifyInstance | undefined
afterEach(() => app?.close())

async function fuzz(handler: Handler, alter: Alter = (answer) => answer): Promise<void> {
  const context = await buildTestContext('user')
  app = createApp(context)
  addOperation(app, operation as Operation, handler as never)
  const send = async (request: FuzzRequest) => alter(await app!.inject(request as never), request)
  await fuzzOperation({ send, callers: [{}], runs: 10, patienceMs: 2000 }, operation)
}
const good: Handler = async ({ params, body }) => ({ status: 200, body: { id: params.id, name: body.name } })
/** Changes a problem's body. */
const alterProblem =
  (change: (problem: Record<string, unknown>) => unknown): Alter =>
  (answer) =>
    answer.statusCode < 400 ? answer : { ...answer, body: JSON.stringify(change(JSON.parse(answer.body))) }

test('a right application passes', async () => {
  await expect(fuzz(good)).resolves.toBeUndefined()
})

test('a 500 is found', async () => {
  const handler: Handler = async (input, ctx) => {
    if (input.body.count === 10) throw new TypeError('off by one')
    return good(input, ctx)
  }
  await expect(fuzz(handler)).rejects.toThrow(/internal is not declared/)
})

test('an undeclared problem is found', async () => {
  const wrong = alterProblem((problem) => ({ ...problem, type: '/problems/in-use', status: 409, title: 'It is in use' }))
  await expect(
    fuzz(good, async (answer, request) => ({ ...(await wrong(answer, request)), statusCode: answer.statusCode < 400 ? answer.statusCode : 409 })),
  ).rejects.toThrow(/in-use is not declared/)
})

test('an undeclared status is found', async () => {
  await expect(fuzz(good, (answer) => (answer.statusCode === 200 ? { ...answer, statusCode: 202 } : answer))).rejects.toThrow(/status 202 is not declared/)
})

test('an answer in another shape is found', async () => {
  await expect(fuzz(good, (answer) => (answer.statusCode === 200 ? { ...answer, body: JSON.stringify({ id: newId() }) } : answer))).rejects.toThrow(
    /not as declared/,
  )
})

test('a hang is found', async () => {
  const never = new Promise<FuzzAnswer>(() => undefined)
  await expect(fuzz(good, (answer, request) => (request.payload?.length === 0 || request.url.includes('no-such') ? never : answer))).rejects.toThrow(
    /no answer in time/,
  )
})

test('a field that is not reported is found, and one reported without fault', async () => {
  const forgetting = alterProblem((problem) => ({ ...problem, errors: (problem.errors as unknown[] | undefined)?.slice(0, 1) }))
  await expect(fuzz(good, forgetting)).rejects.toThrow(/not reported/)
  await app?.close()
  const accusing = alterProblem((problem) => ({
    ...problem,
    errors: [...((problem.errors as unknown[]) ?? []), { pointer: '/innocent', code: 'x', detail: 'x' }],
  }))
  await expect(fuzz(good, accusing)).rejects.toThrow(/reported without fault: \/innocent/)
})

test('an unknown member that is let through is found', async () => {
  const lenient: Alter = (answer) => {
    if (answer.statusCode !== 400 || !answer.body.includes('unknown-member') || answer.body.includes('"required"')) return answer
    return { ...answer, statusCode: 204, body: '', headers: {} }
  }
  await expect(fuzz(good, lenient)).rejects.toThrow(/400 was due/)
})

test('a problem in another shape is found', async () => {
  for (const [member, value] of Object.entries({
    instance: '/elsewhere',
    requestId: 'x',
    title: 'x',
    status: 499,
    timestamp: '2026-01-05T09:00:00.000Z',
    detail: '',
    errors: undefined,
  })) {
    await expect(
      fuzz(
        good,
        alterProblem((problem) => ({ ...problem, [member]: value })),
      ),
      member,
    ).rejects.toThrow()
    await app?.close()
  }
})

test('a body over 256 KiB that is read is found', async () => {
  await expect(fuzz(good, (answer) => (answer.statusCode === 413 ? { ...answer, statusCode: 204, body: '', headers: {} } : answer))).rejects.toThrow(
    /413 was due/,
  )
})
