import { listAuditEntries } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { ReportingDeps } from '../deps.ts'
import { toAuditEntry } from '../presenters.ts'
import { fromCursor, toCursor } from '../request.ts'

export const listAuditEntriesRoute =
  (deps: ReportingDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, listAuditEntries, async ({ query: { limit = 50, cursor, from, to, ...exact } }) => {
      const filter = { ...exact, ...(from ? { from: new Date(from) } : {}), ...(to ? { to: new Date(to) } : {}) }
      const rows = await deps.reads.listAudit(filter, { limit, after: cursor === undefined ? undefined : fromCursor(cursor) })
      const items = rows.slice(0, limit)
      return { status: 200, body: { items: items.map(toAuditEntry), nextCursor: rows.length > limit ? toCursor(items.at(-1)!) : null } }
    })
  }
