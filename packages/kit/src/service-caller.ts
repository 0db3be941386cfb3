import type { FastifyRequest } from 'fastify'

const judgements = new WeakMap<FastifyRequest, Promise<string>>()

/**
 * The declared service behind a request's `X-Service-Authorization`, judged once a request however many ask, and so counted once.
 * @throws {ProblemError} as `Authenticator.verifyService`
 */
export function verifyCaller(request: FastifyRequest): Promise<string> {
  let judgement = judgements.get(request)
  if (!judgement) judgements.set(request, (judgement = request.server.alcove.authenticator.verifyService(request)))
  return judgement
}
