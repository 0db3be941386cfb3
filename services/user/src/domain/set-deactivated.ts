import type { Stores } from './ports.ts'

/** Marks a profile as deactivated, which nothing undoes, and emits `user.profile-updated`; again changes nothing. */
export async function setDeactivated(stores: Stores, input: { userId: string; now: Date }): Promise<void> {
  const profile = await stores.profiles.lock(input.userId)
  if (!profile || profile.status === 'deactivated') return
  const changed = { ...profile, status: 'deactivated' as const, version: profile.version + 1 }
  await stores.profiles.save(changed, input.now)
  await stores.events.profileUpdated(changed)
}
