import { rebuildReports } from '@alcove/contracts'
import { addOperation, forbidden, type Logger } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ReportingDeps } from '../deps.ts'

/** Left of the request's time for the answer itself. */
const marginMs = 1000

/** One rebuild at a time in this process: whoever asks meanwhile waits for the same one. */
export const rebuildReportsRoute =
  (deps: Pick<ReportingDeps, 'rebuild'> & { log: Logger }): FastifyPluginAsync =>
  async (app) => {
    let running: Promise<number> | undefined
    const start = async () => {
      try {
        const events = await deps.rebuild()
        deps.log.info({ events }, 'read models rebuilt')
        return events
      } finally {
        running = undefined
      }
    }
    addOperation(app, rebuildReports, async (_input, ctx) => {
      if (ctx.caller !== 'admin') throw forbidden('Only admin may do this.')
      running ??= start()
      // Nobody may wait for its end any more.
      running.catch((error: unknown) => deps.log.error({ err: error }, 'read models not rebuilt'))
      const events = await Promise.race([running, sleep(Math.max(0, ctx.deadline.remainingMs() - marginMs), undefined, { ref: false })])
      return events === undefined ? { status: 202 } : { status: 200, body: { events } }
    })
  }
