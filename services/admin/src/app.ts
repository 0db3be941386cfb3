import { createApp } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AdminDeps } from './deps.ts'
import { discardDeadLetterRoute } from './routes/discard-dead-letter.ts'
import { getAdminOverviewRoute } from './routes/get-admin-overview.ts'
import { getDeadLetterRoute } from './routes/get-dead-letter.ts'
import { listDeadLettersRoute } from './routes/list-dead-letters.ts'
import { listServicesRoute } from './routes/list-services.ts'
import { replayDeadLetterRoute } from './routes/replay-dead-letter.ts'
import { replayDeadLettersRoute } from './routes/replay-dead-letters.ts'

/** admin's application over its dependencies. */
export function buildApp(deps: AdminDeps): FastifyInstance {
  const { log, metrics, clock, version, authenticator } = deps
  const app = createApp({ service: 'admin', log, metrics, clock, version, authenticator })
  app.register(listServicesRoute(deps))
  app.register(getAdminOverviewRoute(deps))
  app.register(listDeadLettersRoute(deps))
  app.register(getDeadLetterRoute(deps))
  app.register(replayDeadLettersRoute(deps))
  app.register(replayDeadLetterRoute(deps))
  app.register(discardDeadLetterRoute(deps))
  return app
}
