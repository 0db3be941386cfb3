/** `numerator / denominator` as an integer, halves upwards. Both at least 0; exact at any size, unlike a quotient of doubles. */
export function roundHalfUp(numerator: bigint, denominator: bigint): number {
  return Number((2n * numerator + denominator) / (2n * denominator))
}

// Rates are kept to four decimals (8.1 %, 7.6923 %), so a rate is a whole number of millionths.
const rateScale = 10_000

/** Tax on a net sum, once, rounded half up. `ratePercent` 0 to 100, at most four decimals. */
export function taxOn(netMinor: number, ratePercent: number): number {
  return roundHalfUp(BigInt(netMinor) * BigInt(Math.round(ratePercent * rateScale)), 100n * BigInt(rateScale))
}

/** Whether a rate is exact in what {@link taxOn} reckons with. */
export function isTaxRate(ratePercent: number): boolean {
  return Math.abs(Math.round(ratePercent * rateScale) - ratePercent * rateScale) < 1e-6
}
