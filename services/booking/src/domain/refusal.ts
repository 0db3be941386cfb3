/** Why the database would not make a change; nothing of the call was kept. */
export type RefusalSlug =
  | 'slot-conflict'
  | 'deactivated'
  | 'closed'
  | 'quote-stale'
  | 'hold-limit'
  | 'hold-not-found'
  | 'hold-expired'
  | 'hold-used'
  | 'interval-invalid'
  | 'illegal-transition'
  | 'version-stale'
  | 'idempotency-key-reused'
  | 'key-busy'

export class Refusal extends Error {
  readonly slug: RefusalSlug
  readonly facts: unknown

  constructor(slug: RefusalSlug, facts: unknown = {}) {
    super(slug)
    this.name = 'Refusal'
    this.slug = slug
    this.facts = facts
  }
}

/** Whether an error is that refusal. */
export function isRefusal(error: unknown, slug: RefusalSlug): error is Refusal {
  return error instanceof Refusal && error.slug === slug
}
