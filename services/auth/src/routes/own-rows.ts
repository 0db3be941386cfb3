import type { RequestContext } from '@alcove/kit'
import type { AuthDeps } from '../deps.ts'
import { notAnAdmin, sessionEnded } from '../errors.ts'

type RowDeps = Pick<AuthDeps, 'sessions' | 'now'>

/**
 * auth owns sessions and roles, so it judges a caller by its own rows and not by what a token still says. Every route for people begins with this, logging
 * out aside, which may be repeated.
 * @throws {ProblemError} `unauthenticated` when the session has ended or its person is not active
 */
export async function assertSession(deps: RowDeps, ctx: RequestContext): Promise<void> {
  await readRoles(deps, ctx)
}

/** The same for routes of admins. @throws {ProblemError} also `forbidden` when the person is no admin any more */
export async function assertAdmin(deps: RowDeps, ctx: RequestContext): Promise<void> {
  if (!(await readRoles(deps, ctx)).includes('admin')) throw notAnAdmin()
}

async function readRoles(deps: RowDeps, { principal }: RequestContext): Promise<readonly string[]> {
  const roles = await deps.sessions.findRoles({ id: principal.sessionId, accountId: principal.userId }, deps.now())
  if (!roles) throw sessionEnded()
  return roles
}
