/** Counts by two names: what was tried, and how it went. */
export interface Tally {
  add(what: string, how: string): void
  rows(): Map<string, Map<string, number>>
  total(how?: string): number
}

export function createTally(): Tally {
  const counts = new Map<string, Map<string, number>>()
  return {
    add(what, how) {
      const row = counts.get(what) ?? new Map<string, number>()
      counts.set(what, row.set(how, (row.get(how) ?? 0) + 1))
    },
    rows: () => counts,
    total: (how) => [...counts.values()].flatMap((row) => [...row]).reduce((sum, [name, count]) => sum + (how === undefined || how === name ? count : 0), 0),
  }
}
