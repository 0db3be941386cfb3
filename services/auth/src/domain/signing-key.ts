import { accessTokenTtlSeconds, after } from './session.ts'

/** A row of `signing_key`; the private half stays sealed. */
export interface SigningKey {
  readonly kid: string
  readonly publicJwk: Record<string, unknown>
  readonly sealedPrivateKey: Uint8Array
  readonly createdAt: Date
  readonly activatesAt: Date
}

export interface RotationSchedule {
  /** How long a key signs. */
  readonly lifetimeSeconds: number
  /** A key is published this long before it signs: longer than any verifier keeps a JWKS. */
  readonly publishLeadSeconds: number
  /** A retired key is published this long after it last signed: a token's life and the time any verifier keeps a JWKS. */
  readonly retainSeconds: number
}

/** How long a verifier may keep a JWKS; the answer's `Cache-Control` allows a twelfth of it. */
export const jwksCacheMaxSeconds = 3600

/** A key signs for 30 days by default. */
export function buildSchedule(lifetimeSeconds: number): RotationSchedule {
  // Clocks of replicas may differ by a minute.
  return { lifetimeSeconds, publishLeadSeconds: jwksCacheMaxSeconds + 60, retainSeconds: accessTokenTtlSeconds + jwksCacheMaxSeconds + 60 }
}

export interface KeyPhases {
  readonly next: SigningKey[]
  readonly current: SigningKey | undefined
  /** Newest first, each with the instant since when it no longer signs. */
  readonly retired: { key: SigningKey; since: Date }[]
}

/** Which key is what at `now`: the current one is the last activated. */
export function toPhases(keys: readonly SigningKey[], now: Date): KeyPhases {
  const newestFirst = [...keys].sort((a, b) => b.activatesAt.getTime() - a.activatesAt.getTime())
  const active = newestFirst.filter((key) => key.activatesAt <= now)
  return {
    next: newestFirst.filter((key) => key.activatesAt > now),
    current: active[0],
    retired: active.slice(1).map((key, index) => ({ key, since: active[index]!.activatesAt })),
  }
}

/** What rotation owes at `now`: keys to make, by the instant they begin to sign, and keys to forget. */
export function planRotation(keys: readonly SigningKey[], schedule: RotationSchedule, now: Date): { create: Date[]; remove: string[] } {
  const { next, current, retired } = toPhases(keys, now)
  const create: Date[] = []
  // Without any current key nothing signed is around, so the first may sign at once.
  const signsFrom = current?.activatesAt ?? now
  if (!current) create.push(now)
  if (next.length === 0) {
    const due = after(signsFrom, schedule.lifetimeSeconds)
    const earliest = after(now, schedule.publishLeadSeconds)
    create.push(due > earliest ? due : earliest)
  }
  const remove = retired.filter(({ since }) => after(since, schedule.retainSeconds) < now).map(({ key }) => key.kid)
  return { create, remove }
}
