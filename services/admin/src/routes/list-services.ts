import { listServices } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AdminDeps } from '../deps.ts'
import { describeServices } from '../domain/describe-services.ts'

export const listServicesRoute = (deps: Pick<AdminDeps, 'askStatuses' | 'readDeployments'>) => async (app: FastifyInstance) => {
  addOperation(app, listServices, async (_input, { requestId, traceparent }) => {
    const [statuses, deployments] = await Promise.all([deps.askStatuses({ requestId, traceparent }), deps.readDeployments()])
    return { status: 200, body: { items: describeServices({ statuses, deployments }), nextCursor: null } }
  })
}
