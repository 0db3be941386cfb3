import { problems, type Operation, type ProblemSlug } from '@alcove/contracts'
import { compileBody } from '@alcove/kit'

export interface FuzzAnswer {
  statusCode: number
  headers: Record<string, unknown>
  body: string
}

/** A wrong answer, with the request that got it. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure'
}

type Json = Record<string, unknown>
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const everywhere: readonly ProblemSlug[] = [
  'malformed',
  'unauthenticated',
  'forbidden',
  'not-found',
  'method-not-allowed',
  'payload-too-large',
  'unsupported-media-type',
  'rate-limited',
  'deadline-exceeded',
]

/** Judges any answer of an operation: declared, in shape, never a 500. Answers the problem if it was one. */
export function createAnswerCheck(operation: Operation, mayAnswer: readonly ProblemSlug[]): (answer: FuzzAnswer, path: string) => Json | undefined {
  const slugs = new Set([
    ...everywhere,
    ...(operation.problems ?? []),
    ...mayAnswer,
    ...(operation.idempotent ? (['idempotency-key-reused', 'idempotency-in-progress'] as const) : []),
    ...(operation.ifMatch ? (['precondition-required', 'version-stale'] as const) : []),
  ])
  const successes = new Map(Object.entries(operation.responses).map(([status, schema]) => [Number(status), schema && compileBody(schema)]))
  return (answer, path) => {
    if (answer.statusCode >= 400 && String(answer.headers['content-type']).startsWith('application/problem+json')) return checkProblem(answer, path, slugs)
    const accepts = successes.get(answer.statusCode)
    if (accepts === undefined) throw new FuzzFailure(`status ${answer.statusCode} is not declared`)
    if (accepts === null) {
      if (answer.body !== '') throw new FuzzFailure(`${answer.statusCode} is declared without a body`)
    } else if (String(answer.headers['content-type']).startsWith('application/json') && !accepts(JSON.parse(answer.body))) {
      throw new FuzzFailure(`the answer is not as declared: ${JSON.stringify(accepts.errors)}`)
    }
    return undefined
  }
}

function checkProblem(answer: FuzzAnswer, path: string, slugs: ReadonlySet<ProblemSlug>): Json {
  const problem = JSON.parse(answer.body) as Json
  const slug = String(problem.type).replace('/problems/', '') as ProblemSlug
  const known = problems[slug]
  const faults = [
    !known && `type ${String(problem.type)} is not in the catalogue`,
    known && known.status !== answer.statusCode && `${slug} answered with ${answer.statusCode}`,
    known && known.title !== problem.title && 'another title',
    problem.status !== answer.statusCode && 'status differs from the status line',
    (typeof problem.detail !== 'string' || problem.detail === '') && 'no detail',
    problem.instance !== path && `instance is ${String(problem.instance)}`,
    problem.requestId !== answer.headers['x-request-id'] && 'requestId differs from the header',
    !instant.test(String(problem.timestamp)) && 'timestamp is no instant in whole seconds',
    (answer.statusCode === 400 || answer.statusCode === 422) && !isErrorList(problem.errors) && 'no list of errors',
    known && !slugs.has(slug) && `${slug} is not declared`,
    /\bat .*\.ts:\d|SELECT |INSERT |syntax error|node_modules/.test(answer.body) && 'internal text',
  ].filter((fault) => typeof fault === 'string')
  if (faults.length > 0) throw new FuzzFailure(faults.join('; '))
  return problem
}

function isErrorList(errors: unknown): boolean {
  return (
    Array.isArray(errors) &&
    errors.length > 0 &&
    errors.every(
      (error: Json) => ['pointer', 'code', 'detail'].every((member) => typeof error[member] === 'string') && error.code !== '' && error.detail !== '',
    )
  )
}

/** Every fault is reported, and nothing that is none: a reader of the errors can mend all at once. */
export function checkPointers(problem: Json | undefined, pointers: readonly string[]): void {
  if (problem?.status !== 400) throw new FuzzFailure(`400 was due for ${pointers.join(' ')}`)
  const reported = (problem.errors as { pointer: string }[]).map(({ pointer }) => pointer)
  const isUnder = (pointer: string, place: string) => pointer === place || pointer.startsWith(`${place}/`)
  const unreported = pointers.filter((place) => !reported.some((pointer) => isUnder(pointer, place)))
  const innocent = reported.filter((pointer) => !pointers.some((place) => isUnder(pointer, place)))
  if (unreported.length > 0) throw new FuzzFailure(`not reported: ${unreported.join(' ')} (reported: ${reported.join(' ')})`)
  if (innocent.length > 0) throw new FuzzFailure(`reported without fault: ${innocent.join(' ')}`)
}
