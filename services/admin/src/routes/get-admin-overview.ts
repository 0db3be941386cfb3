import { getAdminOverview } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AdminDeps } from '../deps.ts'
import { countDeadLetters } from '../domain/describe-services.ts'

/** reporting's overview, asked for with the operator's own token, with the dead letters of all services. */
export const getAdminOverviewRoute = (deps: Pick<AdminDeps, 'askOverview' | 'askStatuses'>) => async (app: FastifyInstance) => {
  addOperation(app, getAdminOverview, async (_input, { principal, deadline, signal, requestId, traceparent }) => {
    const [overview, statuses] = await Promise.all([
      deps.askOverview({ userToken: principal.token, deadline, signal, requestId, traceparent }),
      deps.askStatuses({ requestId, traceparent }),
    ])
    return { status: 200, body: { ...overview, deadLetters: countDeadLetters(statuses) } }
  })
}
