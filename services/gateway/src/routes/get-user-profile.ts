import { CalleeProblem } from '@alcove/client'
import { getAccount, getPersonProfile, getUserProfile } from '@alcove/contracts'
import { addOperation, notFound } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { GatewayDeps } from '../deps.ts'
import { maySeeProfile } from '../policies.ts'

/** A person as user and auth know them; one of the two missing answers 503, half a profile is never shown. */
export const getUserProfileRoute = (deps: Pick<GatewayDeps, 'client'>) => async (app: FastifyInstance) => {
  addOperation(app, getUserProfile, async ({ params }, ctx) => {
    if (!maySeeProfile(ctx.principal, params.id)) throw notFound()
    const options = { deadline: ctx.deadline, signal: ctx.signal, requestId: ctx.requestId, traceparent: ctx.traceparent }
    try {
      const [{ body: person }, { body: account }] = await Promise.all([
        deps.client.call(getPersonProfile, { params }, options),
        deps.client.call(getAccount, { params }, options),
      ])
      const { planId, ...rest } = person
      const { email, roles, status } = account
      return { status: 200, body: { ...rest, ...(planId === null ? {} : { planId }), email, roles, status } }
    } catch (error) {
      if (error instanceof CalleeProblem && error.status === 404) throw notFound()
      throw error
    }
  })
}
