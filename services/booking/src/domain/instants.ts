/** A validated RFC 3339 instant, to the whole second: answers show no fractions, so none are stored. */
export function parseInstant(text: string): Date {
  return new Date(Math.floor(Date.parse(text) / 1000) * 1000)
}

/** As answers and events show an instant. */
export function formatInstant(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}
