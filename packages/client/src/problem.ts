import { problems, type Problem, type ProblemSlug, type ServiceName } from '@alcove/contracts'
import { DependencyError } from '@alcove/kit'
import type { CollectedAnswer } from './exchange.ts'

/** The callee answered and said no (4xx with problem+json): it is healthy, so this does not count against its breaker. */
export class CalleeProblem extends Error {
  readonly callee: ServiceName
  readonly status: number
  readonly slug: ProblemSlug
  readonly problem: Problem

  constructor(callee: ServiceName, status: number, problem: Problem) {
    super(`${callee} answered ${status}: ${problem.detail}`)
    this.name = 'CalleeProblem'
    this.callee = callee
    this.status = status
    this.problem = problem
    this.slug = problem.type.slice(problem.type.lastIndexOf('/') + 1) as ProblemSlug
  }
}

function readProblem(answer: CollectedAnswer): Problem | undefined {
  if (!answer.headers['content-type']?.startsWith('application/problem+json')) return undefined
  try {
    const problem = JSON.parse(answer.text) as Problem
    return typeof problem.type === 'string' && problem.type.slice(problem.type.lastIndexOf('/') + 1) in problems ? problem : undefined
  } catch {
    return undefined
  }
}

function readRetryAfter(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,5}$/.test(header) ? Number(header) : undefined
}

/** What an answer that is no success means. `service`: the call carried a service token, whose refusal is our own misconfiguration. */
export function toCalleeError(callee: ServiceName, answer: CollectedAnswer, service: boolean): CalleeProblem | DependencyError {
  const { status } = answer
  // The token was refused before anything was done.
  if (service && (status === 401 || status === 403)) return new DependencyError(callee, { sent: false, reason: 'status', calleeStatus: status })
  const problem = status >= 400 && status < 500 ? readProblem(answer) : undefined
  if (problem) return new CalleeProblem(callee, status, problem)
  return new DependencyError(callee, { sent: true, reason: 'status', calleeStatus: status, retryAfterSeconds: readRetryAfter(answer.headers['retry-after']) })
}
