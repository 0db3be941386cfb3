import { listServices } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AdminDeps } from '../deps.ts'
import { describeServices } from '../domain/describe-services.ts'

export const listServicesRoute = (deps: Pick<AdminDeps, 'askStatuses' | 'readReplicas'>) => async (app: FastifyInstance) => {
  addOperation(app, listServices, async (_input, { requestId, traceparent }) => {
    const [statuses, replicas] = await Promise.all([deps.askStatuses({ requestId, traceparent }), deps.readReplicas()])
    return { status: 200, body: { items: describeServices({ statuses, replicas }), nextCursor: null } }
  })
}
