import { accountRegistered } from '@alcove/contracts'
import { onEvent, superseded } from '@alcove/events'
import { newProfile } from '../domain/ensure-profile.ts'
import type { ConsumerDeps } from './index.ts'

/** Makes the profile; its name, which no event carries, is asked of auth after the commit. */
export const onAccountRegistered = (deps: ConsumerDeps) =>
  onEvent(accountRegistered, async ({ tx, event, now, traceparent }) => {
    const { userId, version, status } = event.data
    const stores = deps.storesOf(tx, { now, traceparent })
    const profile = newProfile(deps.defaults, { id: userId, displayName: '', status }, now)
    if (!(await stores.profiles.insert({ ...profile, nameDue: true, accountVersion: version }))) return superseded
    await stores.events.profileUpdated(profile)
    return () => deps.wakeNames()
  })
