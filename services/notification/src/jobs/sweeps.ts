import { purgeMessages } from './purge-messages.ts'
import { remindBookings, type RemindDeps } from './remind-bookings.ts'
import { tellClosures, type TellClosuresDeps } from './tell-closures.ts'

/** What this service does by the clock; each asks the database what is due, so a moved clock moves it. */
export function createSweeps(deps: RemindDeps & TellClosuresDeps) {
  return [
    { name: 'remind-bookings', everySeconds: 5, timeLimitSeconds: 60, run: (signal: AbortSignal) => remindBookings(deps, signal) },
    { name: 'tell-closures', everySeconds: 5, timeLimitSeconds: 60, run: (signal: AbortSignal) => tellClosures(deps, signal) },
    { name: 'purge-messages', everySeconds: 3600, timeLimitSeconds: 300, run: () => purgeMessages(deps) },
  ]
}
