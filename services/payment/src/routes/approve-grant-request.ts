import { approveGrantRequest } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import { decideGrant, type GrantDeps } from '../domain/grant-credits.ts'
import { toGrantRequest } from '../presenters.ts'
import { toActor } from './actor.ts'

export const approveGrantRequestRoute =
  (deps: Pick<GrantDeps, 'grantRequests' | 'now'> & { wakeRelay: () => void }): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, approveGrantRequest, async ({ params }, ctx) => {
      const decided = await decideGrant(deps, { id: params.id, status: 'approved', actor: await toActor(ctx) })
      deps.wakeRelay()
      return { status: 200, body: toGrantRequest(decided) }
    })
  }
