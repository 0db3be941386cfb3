import { getRevenueReport } from '@alcove/contracts'
import { addOperation, toInstant } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { ReportingDeps } from '../deps.ts'
import { reportRevenue } from '../domain/revenue.ts'
import { toRange } from '../request.ts'

export const getRevenueReportRoute =
  (deps: ReportingDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, getRevenueReport, async ({ query }) => {
      const range = toRange(query, deps.clock.now())
      const asOf = toInstant(await deps.readAsOf())
      const items = await reportRevenue(deps.reads, { range, groupBy: query.groupBy, locationId: query.locationId })
      return { status: 200, body: { asOf, items, nextCursor: null } }
    })
  }
