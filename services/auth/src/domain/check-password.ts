import { tooManyAttempts } from '../errors.ts'
import type { PasswordHasher, Throttle } from './ports.ts'
import { type Secrets, throttleKeyOf } from './secrets.ts'
import { getWaitSeconds, toSource } from './throttle.ts'

export interface CheckPasswordDeps {
  readonly hasher: PasswordHasher
  readonly throttle: Throttle
  readonly secrets: Secrets
  readonly now: () => Date
}

/**
 * Compares a password at the pace the throttle allows; null for `passwordHash` does the same work and is always false.
 * The throttle is asked before queueing and again once hashing may begin, and told the outcome before the slot is given
 * on: guesses sent at once overshoot it by no more than the other slots of every replica. Throws `rate-limited` with
 * Retry-After, for known and unknown addresses alike.
 */
export async function checkPassword(
  deps: CheckPasswordDeps,
  input: { email: string; address: string; passwordHash: string | null; password: string; signal?: AbortSignal },
): Promise<boolean> {
  const source = toSource(input.address)
  const pairKey = throttleKeyOf(deps.secrets, 'pair', source, input.email)
  const sourceKey = throttleKeyOf(deps.secrets, 'source', source)
  const assertMayGuess = async () => {
    const waitSeconds = getWaitSeconds(await deps.throttle.read(pairKey, sourceKey), deps.now())
    if (waitSeconds > 0) throw tooManyAttempts(waitSeconds)
  }
  await assertMayGuess()
  const recordOutcome = (right: boolean) => (right ? deps.throttle.clear(pairKey) : deps.throttle.recordFailure(pairKey, sourceKey, deps.now()))
  return deps.hasher.verify(input.passwordHash, input.password, { signal: input.signal, before: assertMayGuess, after: recordOutcome })
}
