import { defineError, dependencyUnavailable, forbidden, malformed, notFound, unauthenticated } from '@alcove/kit'

const credentials = defineError('invalid-credentials')
const reused = defineError('token-reused')
const illegal = defineError('illegal-transition')
const limited = defineError('rate-limited')
const unavailable = defineError('dependency-unavailable')

/** One answer for a wrong password, an unknown address, an unverified and a deactivated account. */
export const invalidCredentials = () => credentials('The e-mail address and the password do not fit together.')
export const wrongPassword = () => credentials('The current password is not right.')
export const invalidToken = () => credentials('The token is unknown, was used, or is overdue.')
export const invalidRefreshToken = () => credentials('The refresh token is unknown or overdue, or its session has ended.')
export const tokenReused = () => reused('The refresh token was used before; its session has ended. Log in again.')

/** Said before anything is asked of the database: it is true of the password, whoever it is for. */
export const commonPassword = (pointer: string) =>
  malformed([{ pointer, code: 'common-password', detail: 'is one of the passwords that are guessed first; choose another' }])

export const accountNotFound = () => notFound('There is no such account.')
export const sessionNotFound = () => notFound('There is no such session.')
export const oneTimeTokenNotFound = () => notFound('The token was used, is overdue, or its person is gone.')
export const serviceKeysNotFound = () => notFound('No development issuer is configured here.')
export const serviceKeysUnavailable = (cause: unknown) => dependencyUnavailable('cluster', 1, cause)

/** The token is good, but its session ended, or its person was deactivated, since it was made. */
export const sessionEnded = () => unauthenticated('This session has ended. Log in again.')
export const notAnAdmin = () => forbidden('This needs the role admin.')

export const lastAdmin = () => illegal('The last active admin keeps the role: give it to somebody else first.')

export const tooManyAttempts = (waitSeconds: number) =>
  limited('Too many failed attempts. Wait before the next one.', { headers: { 'retry-after': String(waitSeconds) } })

export const tooManyMails = (waitSeconds: number) =>
  limited('More mails are asked for at this moment than are sent in a minute. Try again shortly.', { headers: { 'retry-after': String(waitSeconds) } })

/** More logins at once than this process can hash in bounded memory and time. */
export const hashingOverloaded = () =>
  unavailable('Too many people are logging in at this moment. Try again shortly.', { members: { dependency: 'auth' }, headers: { 'retry-after': '2' } })
