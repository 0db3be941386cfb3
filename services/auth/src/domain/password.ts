import { commonPassword } from '../errors.ts'

/** Answers whether a password, in the form of {@link toComparable}, is one of the commonest. */
export type IsCommonPassword = (comparable: string) => boolean

/** The form in which passwords are hashed (RFC 8265, 4.2.2): the same characters from any keyboard are the same password. */
export function normalisePassword(password: string): string {
  return password.normalize('NFKC')
}

/** The form in which passwords are looked up among the commonest: letters in any case are tried by whoever guesses. */
export function toComparable(password: string): string {
  return normalisePassword(password).toLowerCase()
}

/** Refuses a new password that is guessed first (NIST SP 800-63B, 5.1.1.2). Throws `malformed` naming the member. */
export function assertUncommon(isCommon: IsCommonPassword, member: 'password' | 'newPassword', password: string): void {
  if (isCommon(toComparable(password))) throw commonPassword(`/${member}`)
}
