import { listWalletTransactions } from '@alcove/contracts'
import { addOperation } from '@alcove/kit'
import type { FastifyPluginAsync } from 'fastify'
import type { WalletStore } from '../domain/accounts.ts'
import { notFound } from '../errors.ts'
import { canSee } from '../policies.ts'
import { toTransaction } from '../presenters.ts'
import { readPage, toCursor } from './page.ts'

export const listWalletTransactionsRoute =
  (deps: { wallets: Pick<WalletStore, 'find' | 'listTransfers'> }): FastifyPluginAsync =>
  async (app) => {
    addOperation(app, listWalletTransactions, async ({ params, query }, { principal }) => {
      const page = readPage(query)
      const wallet = await deps.wallets.find(params.id)
      if (!wallet || !canSee(principal, wallet)) throw notFound()
      const { items, next } = await deps.wallets.listTransfers(wallet.id, page)
      return { status: 200, body: { items: items.map(toTransaction), nextCursor: toCursor(next) } }
    })
  }
