/**
 * Guessing is slowed by where it comes from, never by whom it aims at: an account has no lock that a stranger could close.
 * A source (network address) with an account waits longer after each failure; a source over all accounts has an allowance.
 */

/** Failures of a pair are forgotten after a day without one. */
export const pairMemorySeconds = 24 * 3600

/** Seconds to wait after the n-th failure of a pair (index n - 1): five are free, then 1, 2, 4 … 16, 30, 60, at last 300. */
export const pairDelaysSeconds: readonly number[] = Array.from({ length: 101 }, (_, index) => {
  const failures = index + 1
  if (failures < 5) return 0
  if (failures < 10) return 2 ** (failures - 5)
  if (failures < 50) return 30
  return failures <= 100 ? 60 : 300
})

/** A source may fail this often at once, over all accounts; the allowance refills by one a second. */
export const sourceFailuresMax = 200

export interface ThrottleState {
  /** Until when the pair waits. */
  readonly pairBlockedUntil: Date | null
  /** The source's allowance is spent up to this instant; it waits while that is further away than the allowance. */
  readonly sourceSpentUntil: Date | null
}

/** Seconds (rounded up) until the next guess is heard; 0 when it may come now. */
export function getWaitSeconds(state: ThrottleState, now: Date): number {
  const ahead = (until: Date | null, allowedSeconds: number) => (until ? (until.getTime() - now.getTime()) / 1000 - allowedSeconds : 0)
  return Math.max(0, Math.ceil(ahead(state.pairBlockedUntil, 0)), Math.ceil(ahead(state.sourceSpentUntil, sourceFailuresMax)))
}

/** The network address as a source: an IPv6 client owns its whole /64, so the rest of the address is left out. */
export function toSource(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!plain.includes(':')) return plain
  const [head = '', tail] = plain.split('%')[0]!.toLowerCase().split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail ? tail.split(':') : []
  const full = tail === undefined ? groups : [...groups, ...Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0'), ...rest]
  return full
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}
