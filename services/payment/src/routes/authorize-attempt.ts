import { authorizeAttempt } from '@alcove/contracts'
import { addOperation, malformed } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { AttemptRequest } from '../domain/attempt.ts'
import { authorizeAttempt as authorize, type AuthorizeDeps } from '../domain/authorize-attempt.ts'
import { toWaitMs } from './patience.ts'

export const authorizeAttemptRoute =
  (deps: AuthorizeDeps & { waitMsMax: number; wakeRelay: () => void }): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, authorizeAttempt, async ({ params, body }, { traceparent, deadline }) => {
      const request: AttemptRequest = { attemptId: params.id, ...body }
      assertPayable(request)
      const attempt = await authorize(deps, request, { waitMs: toWaitMs(deadline, deps.waitMsMax), traceparent })
      deps.wakeRelay()
      return { status: 200, body: attempt }
    })
  }

/** What is asked for must be something, in the unit of its method; a card needs its token. */
function assertPayable({ method, token, amountMinor, amountCredits }: AttemptRequest): void {
  const errors = []
  if (method === 'card' && !token) errors.push({ pointer: '/token', code: 'required', detail: 'A card needs its token.' })
  if (method === 'card' && amountMinor === 0) errors.push({ pointer: '/amountMinor', code: 'minimum', detail: 'There is nothing to pay.' })
  if (method === 'credits' && amountCredits === 0) errors.push({ pointer: '/amountCredits', code: 'minimum', detail: 'There is nothing to pay.' })
  if (errors.length > 0) throw malformed(errors)
}
