import { getAnalyticsOverview } from '@alcove/contracts'
import { addOperation, toInstant } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { ReportingDeps } from '../deps.ts'
import { summariseToday } from '../domain/overview.ts'

export const getAnalyticsOverviewRoute =
  (deps: ReportingDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, getAnalyticsOverview, async () => {
      const asOf = toInstant(await deps.readAsOf())
      return { status: 200, body: { asOf, ...(await summariseToday(deps.reads, deps.clock.now())) } }
    })
  }
