import type { ProfileStatus } from './profile.ts'
import type { Stores } from './ports.ts'

/** Whether a person may use Alcove, as auth decided it in the account's given version. */
export interface Standing {
  readonly userId: string
  readonly status: ProfileStatus
  /** Absent: judged by whoever calls. */
  readonly accountVersion?: number
  readonly now: Date
}

/**
 * Marks a profile as deactivated or active again and emits `user.profile-updated`; the same again changes nothing, nor does what is
 * older than an account event that was applied: of a deactivation and a reactivation at once the one that auth decided last stays.
 */
export async function setStanding(stores: Stores, { userId, status, accountVersion, now }: Standing): Promise<void> {
  const profile = await stores.profiles.lock(userId)
  if (!profile || profile.status === status) return
  if (accountVersion !== undefined && (await stores.profiles.knowsNewer(userId, accountVersion))) return
  const changed = { ...profile, status, version: profile.version + 1 }
  await stores.profiles.save(changed, now)
  await stores.events.profileUpdated(changed)
  const action = status === 'deactivated' ? ('user.deactivated' as const) : ('user.reactivated' as const)
  await stores.events.audit({ action, subject: userId, person: userId, before: { status: profile.status }, after: { status } })
}
