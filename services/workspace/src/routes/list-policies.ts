import { listPolicies } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WorkspaceDeps } from '../deps.ts'
import { toPolicy } from '../presenters.ts'
import { toPage, toPageRequest } from '../request.ts'

export const listPoliciesRoute =
  (deps: WorkspaceDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, listPolicies, async ({ query }) => {
      const page = toPageRequest(query)
      return { status: 200, body: toPage(await deps.reads.listPolicies(page), page, toPolicy) }
    })
  }
