import type { InTransaction } from '../domain/stores.ts'

/**
 * Deletes a year-old inbox, month-old mails (they hold names and addresses) and what is finished for longer than its
 * event could be repeated. Idempotent; late: deletes more at once.
 */
export async function purgeMessages(deps: { inTransaction: InTransaction; now: () => Date }): Promise<void> {
  await deps.inTransaction((stores) => stores.purgeOld(deps.now()))
}
