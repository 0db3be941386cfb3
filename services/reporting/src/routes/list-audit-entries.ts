import { listAuditEntries } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { ReportingDeps } from '../deps.ts'
import { toAuditCsv, toAuditEntry } from '../presenters.ts'
import { fromCursor, prefersCsv, toCursor } from '../request.ts'

export const listAuditEntriesRoute =
  (deps: ReportingDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, listAuditEntries, async ({ query: { limit = 50, cursor, from, to, ...exact } }, ctx) => {
      const filter = { ...exact, ...(from ? { from: new Date(from) } : {}), ...(to ? { to: new Date(to) } : {}) }
      const rows = await deps.reads.listAudit(filter, { limit, after: cursor === undefined ? undefined : fromCursor(cursor) })
      const shown = rows.slice(0, limit)
      const { deadline, signal, requestId, traceparent } = ctx
      const sources = await deps.findSources(shown, { deadline, signal, requestId, traceparent })
      const items = shown.map((row) => toAuditEntry(row, sources.get(row.id) ?? { state: 'none', address: null }))
      const nextCursor = rows.length > limit ? toCursor(shown.at(-1)!) : null
      const headers: Record<string, string> = { 'cache-control': 'no-store', vary: 'accept' }
      if (!prefersCsv(ctx.raw.request.headers.accept)) return { status: 200 as const, body: { items, nextCursor }, headers }
      if (nextCursor !== null) headers.link = `<${toNextPage(ctx.raw.request.url, nextCursor)}>; rel="next"`
      const asFile = { 'content-type': 'text/csv; charset=utf-8', 'content-disposition': 'attachment; filename="audit.csv"' }
      return { status: 200 as const, body: toAuditCsv(items), headers: { ...headers, ...asFile } }
    })
  }

/** The same filters from that cursor on, relative to the page that was asked for. */
function toNextPage(url: string, cursor: string): string {
  const query = new URLSearchParams(url.split('?')[1])
  query.set('cursor', cursor)
  return `?${query.toString()}`
}
