import type { Handler } from '@alcove/events'
import { onAccountDeactivated, type AccountDeactivatedDeps } from './on-account-deactivated.ts'
import { onAccountReactivated, type AccountReactivatedDeps } from './on-account-reactivated.ts'
import { onClosureEvents, type ClosureEventDeps } from './on-closure-event.ts'
import { onPaymentEvents, type PaymentEventDeps } from './on-payment-event.ts'

/** Every subscription of booking, as service.yaml declares them. */
export function createConsumers(deps: PaymentEventDeps & AccountDeactivatedDeps & AccountReactivatedDeps & ClosureEventDeps): Handler[] {
  return [...onPaymentEvents(deps), onAccountDeactivated(deps), onAccountReactivated(deps), ...onClosureEvents(deps)]
}
