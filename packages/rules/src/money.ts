/** `numerator / denominator` as an integer, halves upwards. Both at least 0; exact at any size, unlike a quotient of doubles. */
export function roundHalfUp(numerator: bigint, denominator: bigint): number {
  return Number((2n * numerator + denominator) / (2n * denominator))
}

/** `numerator / denominator` as an integer, upwards. Both at least 0; exact at any size. */
export function roundUp(numerator: bigint, denominator: bigint): number {
  return Number((numerator + denominator - 1n) / denominator)
}

/** An exact quotient: `denominator` above 0. */
export interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** Their sum, exactly. Denominators are lengths of hours and days, of which there are few: equal ones stay as they are, so that a sum over a year stays small. */
export function addFractions(a: Fraction, b: Fraction): Fraction {
  if (a.denominator === b.denominator) return { numerator: a.numerator + b.numerator, denominator: a.denominator }
  const shared = greatestCommonDivisor(a.denominator, b.denominator)
  const denominator = (a.denominator / shared) * b.denominator
  return { numerator: a.numerator * (b.denominator / shared) + b.numerator * (a.denominator / shared), denominator }
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b)
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
