import { settleAttempt, type SettleDeps } from './settle-attempt.ts'

/**
 * Settles one attempt here and now if nobody else holds it, waiting at most `waitMs`; what is left goes on in the background. Failures
 * are not the caller's: the attempt stays due and a worker tries again.
 */
export async function settleNow(deps: SettleDeps & { onError: (error: unknown) => void }, attemptId: string, waitMs: number): Promise<void> {
  const realNow = deps.realNow()
  const work = deps.attempts.claim({ lease: deps.leases.grant(realNow), realNow, limit: 1, attemptId }).then(async ([claimed]) => {
    if (claimed) await settleAttempt(deps, claimed)
  })
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, waitMs)
  })
  await Promise.race([work.catch(deps.onError), timeout])
  clearTimeout(timer)
}
