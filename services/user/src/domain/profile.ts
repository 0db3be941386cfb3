/** The languages and zones a person starts with, until they say otherwise. */
export interface ProfileDefaults {
  readonly locale: string
  readonly timeZone: string
}

export type ProfileStatus = 'active' | 'deactivated'

export interface Profile {
  readonly id: string
  /** Empty until auth has been asked for it. */
  readonly displayName: string
  readonly nameEdited: boolean
  readonly locale: string
  readonly timeZone: string
  readonly planId: string | null
  readonly status: ProfileStatus
  readonly version: number
  readonly createdAt: Date
}

/** The canonical form of a BCP 47 tag (`en-gb` → `en-GB`); undefined for anything that is none. */
export function toLocale(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0]
  } catch {
    return undefined
  }
}

/**
 * An IANA zone in its usual capitals; undefined for anything that is none, also for bare offsets. An alias stays the
 * alias that was given: `Asia/Kolkata` does not come back as `Asia/Calcutta`.
 */
export function toTimeZone(name: string): string | undefined {
  if (!/^[A-Za-z]/.test(name)) return undefined
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions()
    return timeZone.toLowerCase() === name.toLowerCase() ? timeZone : name
  } catch {
    return undefined
  }
}
