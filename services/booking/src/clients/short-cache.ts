/** Answers kept for a moment of real time; failures are not kept. Concurrent askers of one key do not share a flight: each has a deadline of its own. */
export function createShortCache<V>({ ttlMs, max }: { ttlMs: number; max: number }) {
  const entries = new Map<string, { value: V; until: number }>()
  return {
    async get(key: string, load: () => Promise<V>): Promise<V> {
      const known = entries.get(key)
      if (known && known.until > performance.now()) return known.value
      const value = await load()
      entries.delete(key)
      entries.set(key, { value, until: performance.now() + ttlMs })
      // Insertion order is age: the oldest goes first.
      if (entries.size > max) entries.delete(entries.keys().next().value!)
      return value
    },
  }
}
