import { getAttempt } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import { findAttempt, type AuthorizeDeps } from '../domain/authorize-attempt.ts'
import { notFound } from '../errors.ts'
import { toWaitMs } from './patience.ts'

export const getAttemptRoute =
  (deps: AuthorizeDeps & { waitMsMax: number; wakeRelay: () => void }): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, getAttempt, async ({ params }, { deadline }) => {
      const attempt = await findAttempt(deps, params.id, { waitMs: toWaitMs(deadline, deps.waitMsMax) })
      if (!attempt) throw notFound()
      deps.wakeRelay()
      return { status: 200, body: attempt }
    })
  }
