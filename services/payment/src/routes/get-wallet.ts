import { getWallet } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WalletStore } from '../domain/accounts.ts'
import { notFound } from '../errors.ts'
import { canSee } from '../policies.ts'
import { toWallet } from '../presenters.ts'

export const getWalletRoute =
  (deps: { wallets: Pick<WalletStore, 'find'> }): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, getWallet, async ({ params }, { principal }) => {
      const wallet = await deps.wallets.find(params.id)
      if (!wallet || !canSee(principal, wallet)) throw notFound()
      return { status: 200, body: toWallet(wallet) }
    })
  }
