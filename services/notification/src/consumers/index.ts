import type { Handler } from '@alcove/events'
import type { ConsumerDeps } from './deps.ts'
import { onAccountChanged } from './on-account-changed.ts'
import { onAccountDeactivated } from './on-account-deactivated.ts'
import { onAccountReactivated } from './on-account-reactivated.ts'
import { onAccountSecured } from './on-account-secured.ts'
import { onBookingCancelled } from './on-booking-cancelled.ts'
import { onBookingConfirmed } from './on-booking-confirmed.ts'
import { onBookingExpired } from './on-booking-expired.ts'
import { onBookingProgressed } from './on-booking-progressed.ts'
import { onBookingRescheduled } from './on-booking-rescheduled.ts'
import { onClosureChanged } from './on-closure-changed.ts'
import { onOneTimeTokenRequested } from './on-one-time-token-requested.ts'
import { onTeamInvited } from './on-team-invited.ts'

/** Every event this service listens to, as `service.yaml` declares. */
export function createHandlers(deps: ConsumerDeps): Handler[] {
  return [
    ...onAccountChanged(deps),
    onAccountDeactivated(deps),
    onAccountReactivated(deps),
    ...onAccountSecured(deps),
    ...onOneTimeTokenRequested(deps),
    onTeamInvited(deps),
    onBookingConfirmed(deps),
    ...onBookingRescheduled(deps),
    onBookingCancelled(deps),
    onBookingExpired(deps),
    ...onBookingProgressed(deps),
    ...onClosureChanged(deps),
  ]
}
