import { hourMs } from './interval.ts'
import { roundHalfUp } from './money.ts'
import type { CancellationTier } from './policy.ts'

/**
 * The share of the price that comes back when a booking beginning at `startsAt` is cancelled at `at` (both epoch
 * milliseconds): that of the longest notice still kept, 0 when none is. Without tiers everything comes back until the
 * start. From the start on nothing does.
 */
export function refundPercent(tiers: readonly CancellationTier[] | undefined, startsAt: number, at: number): number {
  if (at >= startsAt) return 0
  if (!tiers || tiers.length === 0) return 100
  let best: CancellationTier | undefined
  for (const tier of tiers) {
    if (startsAt - at >= tier.noticeHours * hourMs && (!best || tier.noticeHours > best.noticeHours)) best = tier
  }
  return best?.refundPercent ?? 0
}

/** `percent` of an amount in minor units, rounded half up; never more than the amount for percents up to 100. */
export function refundAmount(amount: number, percent: number): number {
  return roundHalfUp(BigInt(amount) * BigInt(percent), 100n)
}
