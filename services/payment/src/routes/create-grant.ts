import { createGrant } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import { grantCredits, type GrantDeps } from '../domain/grant-credits.ts'
import { toWallet } from '../presenters.ts'
import { toActor } from './actor.ts'

export const createGrantRoute =
  (deps: GrantDeps & { wakeRelay: () => void }): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, createGrant, async ({ params, body, idempotencyKey }, ctx) => {
      const { principal } = ctx
      const wallet = await grantCredits(deps, {
        walletId: params.id,
        amountCredits: body.amountCredits,
        reason: body.reason,
        expiresAt: body.expiresAt === undefined ? undefined : new Date(body.expiresAt),
        actor: await toActor(ctx),
        idempotency:
          idempotencyKey === undefined ? undefined : { principalId: principal.userId, path: `/v1/wallets/${params.id}/grants`, key: idempotencyKey, body },
      })
      deps.wakeRelay()
      return { status: 201, headers: { location: `/v1/wallets/${wallet.id}` }, body: toWallet(wallet) }
    })
  }
