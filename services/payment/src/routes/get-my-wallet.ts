import { getMyWallet } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WalletStore } from '../domain/accounts.ts'
import { toWallet } from '../presenters.ts'

export const getMyWalletRoute =
  (deps: { wallets: Pick<WalletStore, 'ensure'>; now: () => Date }): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, getMyWallet, async (_input, { principal }) => ({ status: 200, body: toWallet(await deps.wallets.ensure(principal.userId, deps.now())) }))
  }
