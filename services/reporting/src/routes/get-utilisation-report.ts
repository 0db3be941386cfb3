import { getUtilisationReport } from '@alcove/contracts'
import { addOperation, toInstant } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { ReportingDeps } from '../deps.ts'
import { reportUtilisation } from '../domain/utilisation.ts'
import { toRange } from '../request.ts'

export const getUtilisationReportRoute =
  (deps: ReportingDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, getUtilisationReport, async ({ query }) => {
      const range = toRange(query, deps.clock.now())
      const asOf = toInstant(await deps.readAsOf())
      const items = await reportUtilisation(deps.reads, { range, groupBy: query.groupBy, locationId: query.locationId })
      return { status: 200, body: { asOf, items, nextCursor: null } }
    })
  }
