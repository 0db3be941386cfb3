/** Whom a closure hits. `settled` false: somebody may still appear. */
export interface ClosureHits {
  readonly settled: boolean
  readonly items: readonly { readonly bookingId: string; readonly userId: string }[]
}

/** Asks booking; undefined while it has not heard of the closure. */
export type FindClosureHits = (closureId: string, signal: AbortSignal) => Promise<ClosureHits | undefined>
