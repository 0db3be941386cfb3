import { createApp, type AppOptions } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { GrantRequestStore, PaymentReader, RefundStore, WalletStore } from './domain/accounts.ts'
import { settleNow } from './domain/settle-now.ts'
import type { AuthorizeDeps } from './domain/authorize-attempt.ts'
import { approveGrantRequestRoute } from './routes/approve-grant-request.ts'
import { authorizeAttemptRoute } from './routes/authorize-attempt.ts'
import { createGrantRoute } from './routes/create-grant.ts'
import { createRefundRoute } from './routes/create-refund.ts'
import { declineGrantRequestRoute } from './routes/decline-grant-request.ts'
import { getAttemptRoute } from './routes/get-attempt.ts'
import { getMyWalletRoute } from './routes/get-my-wallet.ts'
import { getPaymentRoute } from './routes/get-payment.ts'
import { getWalletRoute } from './routes/get-wallet.ts'
import { listGrantRequestsRoute } from './routes/list-grant-requests.ts'
import { listPaymentsRoute } from './routes/list-payments.ts'
import { listWalletTransactionsRoute } from './routes/list-wallet-transactions.ts'
import { releaseAttemptRoute } from './routes/release-attempt.ts'

export interface AppDeps extends AuthorizeDeps {
  app: AppOptions
  payments: PaymentReader
  refunds: RefundStore
  wallets: WalletStore
  grantRequests: GrantRequestStore
  fourEyes: boolean
  /** How long a request waits for the provider. */
  waitMsMax: number
  wakeWorker: () => void
  wakeRelay: () => void
}

/** Every route of payment. */
export function buildApp(deps: AppDeps): FastifyInstance {
  const app = createApp(deps.app)
  const onError = (err: unknown) => deps.app.log.warn({ err }, 'a refund is left to the worker')
  const settle = async (attemptId: string) => {
    await settleNow({ ...deps, onError }, attemptId, deps.waitMsMax)
    deps.wakeWorker()
    deps.wakeRelay()
  }
  app.register(authorizeAttemptRoute(deps))
  app.register(getAttemptRoute(deps))
  app.register(releaseAttemptRoute(deps))
  app.register(listPaymentsRoute(deps))
  app.register(getPaymentRoute(deps))
  app.register(createRefundRoute({ ...deps, settle }))
  app.register(getMyWalletRoute(deps))
  app.register(getWalletRoute(deps))
  app.register(listWalletTransactionsRoute(deps))
  app.register(createGrantRoute(deps))
  app.register(listGrantRequestsRoute(deps))
  app.register(approveGrantRequestRoute(deps))
  app.register(declineGrantRequestRoute(deps))
  return app
}
