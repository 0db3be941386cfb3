import { releaseAttempt } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { ReachKillPoint } from '../domain/kill-points.ts'
import type { AttemptStore } from '../domain/stores.ts'

export interface ReleaseDeps {
  attempts: Pick<AttemptStore, 'storeRelease'>
  reach: ReachKillPoint
  now: () => Date
  realNow: () => Date
  wakeWorker: () => void
}

export const releaseAttemptRoute =
  (deps: ReleaseDeps): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, releaseAttempt, async ({ params }) => {
      deps.reach('payment.release.received')
      await deps.attempts.storeRelease(params.id, { now: deps.now(), realNow: deps.realNow() })
      deps.reach('payment.release.stored')
      deps.wakeWorker()
      return { status: 204 }
    })
  }
