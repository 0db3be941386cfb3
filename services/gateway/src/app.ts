import { createApp } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { GatewayDeps } from './deps.ts'
import { addAnswerHeaders } from './answer-headers.ts'
import { addEdge, withRevocations } from './edge.ts'
import { proxyRoutes } from './proxy.ts'
import { devClockRoutes } from './routes/dev-clock.ts'
import { documentRoutes } from './routes/documents.ts'
import { gatewayStatusRoutes } from './routes/gateway-status.ts'
import { getUserProfileRoute } from './routes/get-user-profile.ts'
import { healthRoutes } from './routes/health.ts'
import { securityTxtRoute } from './routes/security-txt.ts'

/** The gateway's application over its dependencies. */
export function buildApp(deps: GatewayDeps): FastifyInstance {
  const { log, metrics, clock, version } = deps
  const authenticator = withRevocations(deps.authenticator, deps.revocations)
  const app = createApp({ service: 'gateway', log, metrics, clock, version, authenticator })
  addAnswerHeaders(app, { publicBaseUrl: deps.publicBaseUrl, corsOrigins: deps.corsOrigins, isLocal: deps.devClock !== undefined })
  // After what the former registers: also a refusal of the edge must be readable for a page of another origin.
  app.after(() => addEdge(app, { authenticator, windows: deps.rateLimits, limiter: deps.limiter, trustedProxyHops: deps.trustedProxyHops }))
  app.register(getUserProfileRoute(deps))
  app.register(healthRoutes(deps))
  app.register(gatewayStatusRoutes(deps))
  app.register(securityTxtRoute(deps))
  app.register(documentRoutes(deps))
  if (deps.devClock) app.register(devClockRoutes(deps.devClock))
  app.register(proxyRoutes(deps))
  return app
}
