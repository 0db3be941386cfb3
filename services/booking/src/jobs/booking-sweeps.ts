import { settleAttempts, type SettleAttemptsDeps } from '../domain/settle-attempts.ts'
import { settleClosures, settleDeactivations, type SettleDeactivationsDeps, type TwoPhaseStore } from '../domain/settle-deactivations.ts'
import { runInBatches, type BatchDeps } from './run-in-batches.ts'

export interface BookingSweepsDeps {
  now: () => Date
  sweeps: { expireOverdue: BatchDeps['runBatch']; completeEnded: BatchDeps['runBatch']; forget: (now: Date) => Promise<number> }
  settle: SettleAttemptsDeps
  deactivations: SettleDeactivationsDeps
  closures: TwoPhaseStore & { now: () => Date }
}

/**
 * Everything booking does by time. One replica runs each at a time; every one asks the database what is due at the
 * product's clock, so moving the clock moves what is due, and a late run does the same as a punctual one.
 */
export function createBookingSweeps({ now, sweeps, settle, deactivations, closures }: BookingSweepsDeps) {
  return [
    {
      name: 'expire-overdue',
      everySeconds: 1,
      timeLimitSeconds: 10,
      run: (signal: AbortSignal) => runInBatches({ now, runBatch: sweeps.expireOverdue }, signal),
    },
    {
      name: 'complete-ended',
      everySeconds: 2,
      timeLimitSeconds: 30,
      run: (signal: AbortSignal) => runInBatches({ now, runBatch: sweeps.completeEnded }, signal),
    },
    { name: 'settle-attempts', everySeconds: 5, timeLimitSeconds: 20, run: (signal: AbortSignal) => settleAttempts(settle, signal) },
    { name: 'settle-deactivations', everySeconds: 2, timeLimitSeconds: 30, run: (signal: AbortSignal) => settleDeactivations(deactivations, signal) },
    { name: 'settle-closures', everySeconds: 2, timeLimitSeconds: 10, run: (signal: AbortSignal) => settleClosures(closures, signal) },
    {
      name: 'forget',
      everySeconds: 600,
      timeLimitSeconds: 60,
      run: (signal: AbortSignal) => runInBatches({ now, runBatch: (at) => sweeps.forget(at) }, signal),
    },
  ]
}
