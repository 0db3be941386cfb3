import { forbidden, isAdmin, unauthenticated, type Principal } from '@alcove/kit'

/** Mails hold one-time tokens: anybody may read them on a developer's machine, only an admin anywhere else. */
export function assertMayReadMailbox(profile: 'local' | 'cluster', principal: Principal | undefined): void {
  if (profile === 'local') return
  if (!principal) throw unauthenticated()
  if (!isAdmin(principal)) throw forbidden('Only an admin may read the mailbox.')
}
