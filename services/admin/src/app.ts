import { createApp } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AdminDeps } from './deps.ts'
import { getAdminOverviewRoute } from './routes/get-admin-overview.ts'
import { listServicesRoute } from './routes/list-services.ts'

/** admin's application over its dependencies. */
export function buildApp(deps: AdminDeps): FastifyInstance {
  const { log, metrics, clock, version, authenticator } = deps
  const app = createApp({ service: 'admin', log, metrics, clock, version, authenticator })
  app.register(listServicesRoute(deps))
  app.register(getAdminOverviewRoute(deps))
  return app
}
