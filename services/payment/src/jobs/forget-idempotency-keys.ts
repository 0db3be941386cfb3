import { idempotencyHours } from '../domain/accounts.ts'

/** Removes idempotency keys older than a day. Late: they are taken over by their next use all the same. */
export async function forgetIdempotencyKeys(deps: { forgetKeys: (until: Date) => Promise<void>; now: () => Date }): Promise<void> {
  await deps.forgetKeys(new Date(deps.now().getTime() - idempotencyHours * 3_600_000))
}
