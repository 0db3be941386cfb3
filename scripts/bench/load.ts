/** What a load gave: rates and latencies, of the answers that count. */
export interface LoadResult {
  readonly perSecond: number
  readonly count: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly seconds: number
}

/** The value below which a share of the sorted numbers lies. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Of an even count the mean of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const upper = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[upper]! : (sorted[upper - 1]! + sorted[upper]!) / 2
}

/** Where half, 95 and 99 of a hundred of the numbers lie below. */
export function toQuantiles(numbers: readonly number[]): { p50Ms: number; p95Ms: number; p99Ms: number } {
  const sorted = numbers.toSorted((a, b) => a - b)
  return { p50Ms: quantile(sorted, 0.5), p95Ms: quantile(sorted, 0.95), p99Ms: quantile(sorted, 0.99) }
}

/**
 * Runs `work` from `clients` concurrent callers for `seconds` after `warmUpSeconds`, each caller as fast as it is answered
 * (closed loop). `work` throws on any answer that does not count: a bench of errors is worth nothing.
 */
export async function runLoad(
  options: { clients: number; seconds: number; warmUpSeconds?: number },
  work: (client: number) => Promise<unknown>,
): Promise<LoadResult> {
  const { clients, seconds, warmUpSeconds = 2 } = options
  const latencies: number[] = []
  const measureFrom = performance.now() + warmUpSeconds * 1000
  const until = measureFrom + seconds * 1000
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let startedAt = performance.now(); startedAt < until; startedAt = performance.now()) {
        await work(client)
        if (startedAt >= measureFrom) latencies.push(performance.now() - startedAt)
      }
    }),
  )
  const took = (performance.now() - measureFrom) / 1000
  return { perSecond: latencies.length / took, count: latencies.length, ...toQuantiles(latencies), seconds: took }
}
