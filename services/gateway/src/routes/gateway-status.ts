import { listGatewayServices, showGatewayStatus } from '@alcove/contracts'
import { addOperation, toInstant } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { GatewayDeps } from '../deps.ts'
import { judgeHealth } from '../domain/health.ts'
import { isForOperator } from '../policies.ts'

type StatusDeps = Pick<GatewayDeps, 'registry' | 'revocations' | 'revocationsLoaded' | 'rateLimits' | 'redisState' | 'startedAt' | 'version'>

/** The gateway and its registry; the same answers also without `/api/v1`. */
export const gatewayStatusRoutes = (deps: StatusDeps) => async (app: FastifyInstance) => {
  for (const operation of [showGatewayStatus, { ...showGatewayStatus, path: '/gateway/status' }] as const) {
    addOperation(app, operation, async (_input, { optionalPrincipal }) => {
      const services = deps.registry.list()
      const healthy = services.filter((service) => service.health === 'ok').length
      const body = {
        status: judgeHealth(services),
        ...(isForOperator(optionalPrincipal) ? { version: deps.version } : {}),
        startedAt: toInstant(deps.startedAt),
        uptimeSeconds: Math.floor((Date.now() - deps.startedAt.getTime()) / 1000),
        revocations: { loaded: deps.revocationsLoaded(), ...deps.revocations.counts() },
        rateLimits: [...(deps.rateLimits ?? [])],
        redis: deps.redisState(),
        services: { total: services.length, healthy, ejected: services.filter((service) => service.ejected).length },
      }
      return { status: 200, body }
    })
  }
  for (const operation of [listGatewayServices, { ...listGatewayServices, path: '/gateway/services' }] as const) {
    addOperation(app, operation, async (_input, { optionalPrincipal }) => {
      const services = deps.registry.list()
      const items = isForOperator(optionalPrincipal) ? services : services.map(({ address: _address, version: _version, ...seen }) => seen)
      return { status: 200, body: { items } }
    })
  }
}
