import type { MyInvitation, Person, PersonProfile, Team, TeamInvitation, User } from '@alcove/contracts'
import { toInstant } from '@alcove/kit'
import type { Invitation } from './domain/ports.ts'
import type { Address } from './domain/address.ts'
import type { FullUser } from './domain/get-user.ts'
import type { PersonRow } from './domain/ports.ts'
import type { ShownTeam } from './domain/team.ts'
import { cursorInvalid } from './errors.ts'

export function presentUser({ account, person }: FullUser): User {
  const { id, displayName, locale, timeZone, planId, teams } = person
  return {
    id,
    email: account.email,
    displayName,
    locale,
    timeZone,
    ...(planId && { planId }),
    teams: [...teams],
    roles: [...account.roles],
    status: account.status,
  }
}

export function presentPerson({ id, status, displayName, locale, timeZone, planId, teams }: PersonRow): Person {
  return { id, status, displayName, locale, timeZone, planId, teams: teams.map((team) => ({ id: team.id, role: team.role })) }
}

export function presentPersonProfile({ id, displayName, locale, timeZone, planId, teams }: PersonRow, addresses: readonly Address[]): PersonProfile {
  return { id, displayName, locale, timeZone, planId, teams: [...teams], addresses: addresses.map(presentAddress) }
}

export function presentAddress({ id, label, line1, line2, postalCode, city, countryCode }: Address) {
  return { id, label, line1, ...(line2 !== null && { line2 }), postalCode, city, countryCode }
}

export function presentTeam({ id, name, members }: ShownTeam): Team {
  return { id, name, members: [...members] }
}

/** By address nothing says whose it is. */
export function presentInvitation({ id, teamId, userId, email, role, invitedBy, createdAt, expiresAt }: Invitation): TeamInvitation {
  const whom = email === null ? { userId: userId! } : { email }
  return { id, teamId, ...whom, role, invitedBy, createdAt: toInstant(createdAt), expiresAt: toInstant(expiresAt) }
}

export function presentMyInvitation({ id, teamId, teamName, role, createdAt, expiresAt }: Invitation & { teamName: string }): MyInvitation {
  return { id, team: { id: teamId, name: teamName }, role, createdAt: toInstant(createdAt), expiresAt: toInstant(expiresAt) }
}

/** The answer of a list that may go on after `nextId`. */
export function toList<T>(items: T[], nextId: string | null): { items: T[]; nextCursor: string | null } {
  return { items, nextCursor: nextId && Buffer.from(nextId).toString('base64url') }
}

/** A page of rows read with one more than asked for, which tells whether there is another. */
export function toPage<R extends { id: string }, T>(rows: readonly R[], limit: number, present: (row: R) => T): { items: T[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit)
  return toList(shown.map(present), rows.length > limit ? (shown.at(-1)?.id ?? null) : null)
}

const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The id after which a list continues. Throws `malformed` for a cursor that no list gave. */
export function readCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const id = Buffer.from(cursor, 'base64url').toString()
  if (!idForm.test(id)) throw cursorInvalid()
  return id
}
