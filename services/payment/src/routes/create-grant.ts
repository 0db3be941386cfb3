import { createGrant } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import { grantCredits, type GrantDeps } from '../domain/grant-credits.ts'
import { toGrantRequest, toWallet } from '../presenters.ts'
import { toActor } from './actor.ts'

export const createGrantRoute =
  (deps: GrantDeps & { wakeRelay: () => void }): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, createGrant, async ({ params, body, idempotencyKey }, ctx) => {
      const { principal } = ctx
      const granted = await grantCredits(deps, {
        walletId: params.id,
        amountCredits: body.amountCredits,
        reason: body.reason,
        expiresAt: body.expiresAt === undefined ? undefined : new Date(body.expiresAt),
        actor: await toActor(ctx),
        idempotency:
          idempotencyKey === undefined ? undefined : { principalId: principal.userId, path: `/v1/wallets/${params.id}/grants`, key: idempotencyKey, body },
      })
      deps.wakeRelay()
      if ('pending' in granted) return { status: 202 as const, body: toGrantRequest(granted.pending) }
      return { status: 201 as const, headers: { location: `/v1/wallets/${granted.wallet.id}` }, body: toWallet(granted.wallet) }
    })
  }
