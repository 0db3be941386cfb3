import { tooManyAttempts } from '../errors.ts'
import type { PasswordHasher, PasswordMatch, Throttle } from './ports.ts'
import { type Secrets, throttleKeyOf } from './secrets.ts'
import { getWaitSeconds, toSource } from './throttle.ts'

export interface CheckPasswordDeps {
  readonly hasher: PasswordHasher
  readonly throttle: Throttle
  readonly secrets: Secrets
  readonly now: () => Date
}

/**
 * Compares a password at the pace the throttle allows; null for `passwordHash` does the same work and is always `none`.
 * The throttle is asked before queueing and again once hashing may begin, and told the outcome before the slot is given
 * on: guesses sent at once overshoot it by no more than the other slots of every replica. Throws `rate-limited` with
 * Retry-After, for known and unknown addresses alike; `onThrottled` runs before, at most once a minute for each that waits.
 */
export async function checkPassword(
  deps: CheckPasswordDeps,
  input: { email: string; address: string; passwordHash: string | null; password: string; signal?: AbortSignal; onThrottled: () => Promise<void> },
): Promise<PasswordMatch> {
  const source = toSource(input.address)
  const pairKey = throttleKeyOf(deps.secrets, 'pair', source, input.email)
  const sourceKey = throttleKeyOf(deps.secrets, 'source', source)
  const assertMayGuess = async () => {
    const state = await deps.throttle.read(pairKey, sourceKey)
    const now = deps.now()
    const waitSeconds = getWaitSeconds(state, now)
    if (waitSeconds === 0) return
    const waiting = getWaitSeconds({ ...state, pairBlockedUntil: null }, now) > 0 ? sourceKey : pairKey
    if (await deps.throttle.noteTold(waiting, now)) await input.onThrottled()
    throw tooManyAttempts(waitSeconds)
  }
  await assertMayGuess()
  const recordOutcome = (right: boolean) => (right ? deps.throttle.clear(pairKey) : deps.throttle.recordFailure(pairKey, sourceKey, deps.now()))
  return deps.hasher.verify(input.passwordHash, input.password, { signal: input.signal, before: assertMayGuess, after: recordOutcome })
}
