import { profileInvalid, userNotFound } from '../errors.ts'
import type { InTransaction, PeopleReader, PersonRow } from './ports.ts'
import { toLocale, toTimeZone } from './profile.ts'

export interface ProfileChange {
  readonly displayName?: string
  readonly locale?: string
  readonly timeZone?: string
}

/** The change in stored form: names trimmed, tags canonical. Throws `malformed` naming every member that is not valid. */
export function toProfileChange(given: ProfileChange): ProfileChange {
  const locale = given.locale === undefined ? undefined : toLocale(given.locale)
  const timeZone = given.timeZone === undefined ? undefined : toTimeZone(given.timeZone)
  const invalid = { locale: given.locale !== undefined && locale === undefined, timeZone: given.timeZone !== undefined && timeZone === undefined }
  if (invalid.locale || invalid.timeZone) throw profileInvalid(invalid)
  return { displayName: given.displayName?.trim(), locale, timeZone }
}

/** Applies a change in stored form to an existing profile and emits `user.profile-updated`; one that changes nothing emits nothing. */
export async function updateProfile(
  deps: { people: PeopleReader; inTransaction: InTransaction; now: () => Date },
  input: { userId: string; change: ProfileChange; traceparent?: string },
): Promise<PersonRow> {
  const { change } = input
  await deps.inTransaction(async (stores) => {
    const profile = await stores.profiles.lock(input.userId)
    if (!profile) throw userNotFound()
    const changed = {
      ...profile,
      displayName: change.displayName ?? profile.displayName,
      locale: change.locale ?? profile.locale,
      timeZone: change.timeZone ?? profile.timeZone,
      nameEdited: profile.nameEdited || change.displayName !== undefined,
      version: profile.version + 1,
    }
    const members = ['displayName', 'locale', 'timeZone', 'nameEdited'] as const
    if (members.every((member) => changed[member] === profile[member])) return
    await stores.profiles.save(changed, deps.now())
    await stores.events.profileUpdated(changed)
  }, input)
  const person = await deps.people.find(input.userId)
  if (!person) throw userNotFound()
  return person
}
