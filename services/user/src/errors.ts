import { alreadyExists, defineError, forbidden, illegalTransition, malformed, notFound } from '@alcove/kit'

const keyReusedError = defineError('idempotency-key-reused')

export const userNotFound = () => notFound('There is no such person.')
export const addressNotFound = () => notFound('You have no such address.')
export const teamNotFound = () => notFound('There is no such team.')
export const memberNotFound = () => notFound('The team has no such member.')

export const mayNotManageTeam = () => forbidden('Only a team-admin of the team or an operator may do this.')

export const memberExists = () => alreadyExists('The person is a member with this role already.')
export const invitationExists = () => alreadyExists('This person or address is invited already.')
export const invitationNotFound = () => notFound('There is no such invitation, or it waits no more.')
export const invitationUnclear = () => malformed([{ pointer: '/userId', code: 'one-of', detail: 'Name the person by exactly one of userId and email.' }])
export const tooManyInvitations = (most: number) => illegalTransition(`At most ${most} invitations of a team wait at once: withdraw some first.`)
export const lastTeamAdmin = () => illegalTransition('A team keeps at least one team-admin: give somebody else the role first.')
export const personDeactivated = () => illegalTransition('The person is deactivated.')
export const tooManyAddresses = (most: number) => illegalTransition(`A person has at most ${most} addresses: remove one first.`)
export const tooManyMembers = (most: number) => illegalTransition(`A team has at most ${most} members.`)
export const tooManyTeams = (most: number) => illegalTransition(`A person is in at most ${most} teams.`)

export const idempotencyKeyReused = () => keyReusedError('The key was used before with another body.')

const localeInvalid = { pointer: '/locale', code: 'format', detail: 'is not a BCP 47 language tag, such as en-GB' }
const timeZoneInvalid = { pointer: '/timeZone', code: 'format', detail: 'is not an IANA time zone, such as Europe/Berlin' }
/** One answer for both members, so that a form shows everything at once. */
export const profileInvalid = (invalid: { locale: boolean; timeZone: boolean }) =>
  malformed([...(invalid.locale ? [localeInvalid] : []), ...(invalid.timeZone ? [timeZoneInvalid] : [])])
export const cursorInvalid = () => malformed([{ pointer: '/cursor', code: 'format', detail: 'is not a cursor of this list' }])
