import type { PageOf } from '../domain/records.ts'

/** Cuts one row too many off a query and says where the next page begins. */
export function toPage<T extends { id: string }>(rows: T[], limit: number): PageOf<T> {
  const items = rows.slice(0, limit)
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
}
