/** Access tokens live 15 minutes; what was revoked longer ago has no living token. */
const keptMs = 20 * 60_000

export interface RevokedSession {
  userId: string
  /** null: every session the person had by then. */
  sessionId: string | null
  revokedAtMs: number
}

/** When a session began, from its UUIDv7; undefined for any other id. */
function readStartMs(sessionId: string): number | undefined {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(sessionId) ? Number.parseInt(sessionId.slice(0, 8) + sessionId.slice(9, 13), 16) : undefined
}

/** A person whose roles changed, and the account's version from then on. */
export interface RoleChange {
  userId: string
  version: number
}

/** Ended sessions, deactivated people and changes of roles, in memory, for as long as a token of theirs could live. Real time. */
export class Revocations {
  readonly #sessions = new Map<string, number>()
  readonly #people = new Map<string, number>()
  /** By person: the version of the last change, and when this process heard of it. */
  readonly #roles = new Map<string, { version: number; at: number }>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  revoke({ userId, sessionId, revokedAtMs }: RevokedSession): void {
    this.#forget()
    if (sessionId !== null) this.#sessions.set(sessionId, this.#now())
    // Told in whole seconds: a session begun within that second ends too.
    else this.#people.set(userId, Math.max(this.#people.get(userId) ?? 0, revokedAtMs + 999))
  }

  /** Sessions begun from this moment on are good, however late this process heard of the deactivation before it. */
  readmit(userId: string, fromMs: number): void {
    const until = this.#people.get(userId)
    if (until !== undefined) this.#people.set(userId, Math.min(until, fromMs - 1))
  }

  /** Tokens made from an older version of the account show roles that are no longer so; the session goes on. */
  noteRoleChange({ userId, version }: RoleChange): void {
    this.#forget()
    const known = this.#roles.get(userId)
    if (known && known.version >= version) return
    this.#roles.delete(userId)
    this.#roles.set(userId, { version, at: this.#now() })
  }

  hasOldRoles(userId: string, accountVersion: number): boolean {
    const change = this.#roles.size > 0 ? this.#roles.get(userId) : undefined
    return change !== undefined && accountVersion < change.version
  }

  isRevoked(userId: string, sessionId: string): boolean {
    if (this.#sessions.size > 0 && this.#sessions.has(sessionId)) return true
    const until = this.#people.size > 0 ? this.#people.get(userId) : undefined
    return until !== undefined && (readStartMs(sessionId) ?? 0) <= until
  }

  counts(): { sessions: number; people: number } {
    return { sessions: this.#sessions.size, people: this.#people.size }
  }

  /** Entries stand in the order they came, so the overdue ones are first. */
  #forget(): void {
    const before = this.#now() - keptMs
    for (const entries of [this.#sessions, this.#people]) {
      for (const [id, at] of entries) {
        if (at >= before) break
        entries.delete(id)
      }
    }
    for (const [id, { at }] of this.#roles) {
      if (at >= before) break
      this.#roles.delete(id)
    }
  }
}
