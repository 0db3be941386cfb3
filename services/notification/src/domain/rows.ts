/** An inbox item as stored. `seq` is its place in the order of writing, which is the order of lists. */
export interface NotificationRow {
  readonly id: string
  readonly seq: bigint
  readonly kind: string
  readonly title: string
  readonly body: string
  readonly bookingId: string | null
  readonly createdAt: Date
  readonly readAt: Date | null
}

export interface MailboxRow {
  readonly id: string
  readonly seq: bigint
  readonly eventId: string
  readonly recipient: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly createdAt: Date
}

export interface Page<T> {
  readonly rows: readonly T[]
  readonly nextCursor: string | null
}

/** A position in a list that is ordered by `seq`, newest first; opaque to clients. */
export function toCursor(seq: bigint): string {
  return Buffer.from(`s${seq}`).toString('base64url')
}

/** undefined for a cursor this service never gave out. */
export function fromCursor(cursor: string): bigint | undefined {
  const text = Buffer.from(cursor, 'base64url').toString()
  // 18 digits stay within bigint of the database, whatever is sent.
  return /^s\d{1,18}$/.test(text) && toCursor(BigInt(text.slice(1))) === cursor ? BigInt(text.slice(1)) : undefined
}

/** Cuts a page of `limit` from rows of which one more was read. */
export function toPage<T extends { readonly seq: bigint }>(rows: readonly T[], limit: number): Page<T> {
  const last = rows[limit - 1]
  return { rows: rows.slice(0, limit), nextCursor: rows.length > limit && last ? toCursor(last.seq) : null }
}
