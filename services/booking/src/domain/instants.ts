/** A validated RFC 3339 instant, to the whole second: answers show no fractions, so none are stored. */
export function parseInstant(text: string): Date {
  return new Date(Math.floor(Date.parse(text) / 1000) * 1000)
}

/** As answers and events show an instant. */
export function formatInstant(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}

/** {@link formatInstant} for long lists of epoch milliseconds in which the same instants come again and again. */
export function createInstantFormatter(): (instantMs: number) => string {
  const known = new Map<number, string>()
  return (instantMs) => {
    let text = known.get(instantMs)
    if (text === undefined) known.set(instantMs, (text = formatInstant(new Date(instantMs))))
    return text
  }
}
