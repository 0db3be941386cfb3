import { listSchedules as operation } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { listSchedules } from '../domain/list-schedules.ts'

export const listSchedulesRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, operation, async ({ body }) => ({ status: 200, body: await listSchedules(deps, body) }))
  }
