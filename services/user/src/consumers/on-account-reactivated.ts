import { accountReactivated } from '@alcove/contracts'
import { onEvent, superseded } from '@alcove/events'
import { newProfile } from '../domain/ensure-profile.ts'
import { setStanding } from '../domain/set-standing.ts'
import type { ConsumerDeps } from './index.ts'

/** Marks the profile as active again; makes one if the registration stands in the dead letter. */
export const onAccountReactivated = (deps: ConsumerDeps) =>
  onEvent(accountReactivated, async ({ tx, event, now, traceparent }) => {
    const { userId, version, status } = event.data
    const stores = deps.storesOf(tx, { now, traceparent })
    const profile = newProfile(deps.defaults, { id: userId, displayName: '', status }, now)
    if (await stores.profiles.insert({ ...profile, nameDue: true, accountVersion: version })) {
      await stores.events.profileUpdated(profile)
      return () => deps.wakeNames()
    }
    if (!(await stores.profiles.advance(userId, version))) return superseded
    await setStanding(stores, { userId, status: 'active', now })
    return undefined
  })
