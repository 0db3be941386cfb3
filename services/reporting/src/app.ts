import { createApp } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AppDeps } from './deps.ts'
import { getAnalyticsOverviewRoute } from './routes/get-analytics-overview.ts'
import { getRevenueReportRoute } from './routes/get-revenue-report.ts'
import { getUtilisationReportRoute } from './routes/get-utilisation-report.ts'
import { listAuditEntriesRoute } from './routes/list-audit-entries.ts'
import { rebuildReportsRoute } from './routes/rebuild-reports.ts'

/** The reporting application over its dependencies; `ready()` before use. */
export function buildApp(deps: AppDeps): FastifyInstance {
  const { log, metrics, clock, version, authenticator } = deps
  const app = createApp({ service: 'reporting', log, metrics, clock, version, authenticator })
  app.register(getAnalyticsOverviewRoute(deps))
  app.register(getRevenueReportRoute(deps))
  app.register(getUtilisationReportRoute(deps))
  app.register(listAuditEntriesRoute(deps))
  app.register(rebuildReportsRoute(deps))
  return app
}
