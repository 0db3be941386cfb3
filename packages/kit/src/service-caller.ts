import type { FastifyRequest } from 'fastify'

type Judgement = { caller: string | Promise<string> } | { error: unknown }

const judgements = new WeakMap<FastifyRequest, Judgement>()

/**
 * The declared service behind a request's `X-Service-Authorization`, judged once a request however many ask, and so counted once.
 * @throws {ProblemError} as `Authenticator.verifyService`
 */
export function verifyCaller(request: FastifyRequest): string | Promise<string> {
  let judgement = judgements.get(request)
  if (!judgement) judgements.set(request, (judgement = judge(request)))
  if ('error' in judgement) throw judgement.error
  return judgement.caller
}

function judge(request: FastifyRequest): Judgement {
  const header = request.headers['x-service-authorization']
  try {
    return { caller: request.server.alcove.authenticator.verifyService(Array.isArray(header) ? header[0] : header) }
  } catch (error) {
    return { error }
  }
}
