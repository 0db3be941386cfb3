import type { By } from '../domain/booking.ts'

export interface BatchDeps {
  now: () => Date
  /** One small transaction; says how much it did. */
  runBatch: (now: Date, by: By) => Promise<number>
}

/** Works off what is due in batches until one finds nothing or the time is up. Late means only late: what is due is asked of the clock. */
export async function runInBatches(deps: BatchDeps, signal: AbortSignal): Promise<void> {
  const by: By = { type: 'system', id: 'sweep', traceparent: null }
  while (!signal.aborted && (await deps.runBatch(deps.now(), by)) > 0);
}
