import { createApp } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import { createTokenIssuer } from './crypto/access-tokens.ts'
import type { AuthDeps, AuthParts } from './deps.ts'
import { changePasswordRoute } from './routes/change-password.ts'
import { deactivateAccountRoute } from './routes/deactivate-account.ts'
import { deleteSessionRoute } from './routes/delete-session.ts'
import { deleteUserSessionsRoute } from './routes/delete-user-sessions.ts'
import { forgotPasswordRoute } from './routes/forgot-password.ts'
import { getAccountRoute } from './routes/get-account.ts'
import { getJwksRoute } from './routes/get-jwks.ts'
import { getOneTimeTokenRoute } from './routes/get-one-time-token.ts'
import { getServiceJwksRoute } from './routes/get-service-jwks.ts'
import { listRevocationsRoute } from './routes/list-revocations.ts'
import { listRolesRoute } from './routes/list-roles.ts'
import { listSessionsRoute } from './routes/list-sessions.ts'
import { loginRoute } from './routes/login.ts'
import { logoutRoute } from './routes/logout.ts'
import { lookupAccountsRoute } from './routes/lookup-accounts.ts'
import { reactivateAccountRoute } from './routes/reactivate-account.ts'
import { refreshRoute } from './routes/refresh.ts'
import { registerRoute } from './routes/register.ts'
import { resetPasswordRoute } from './routes/reset-password.ts'
import { setRolesRoute } from './routes/set-roles.ts'
import { verifyEmailRoute } from './routes/verify-email.ts'

/** The auth application over its dependencies; `ready()` before use. */
export function buildApp(parts: AuthParts): FastifyInstance {
  const { log, metrics, clock, version, authenticator } = parts
  const app = createApp({ service: 'auth', log, metrics, clock, version, authenticator })
  const deps: AuthDeps = { ...parts, issueAccessToken: createTokenIssuer(app, parts) }
  app.register(registerRoute(deps))
  app.register(verifyEmailRoute(deps))
  app.register(loginRoute(deps))
  app.register(refreshRoute(deps))
  app.register(logoutRoute(deps))
  app.register(listSessionsRoute(deps))
  app.register(deleteSessionRoute(deps))
  app.register(deleteUserSessionsRoute(deps))
  app.register(forgotPasswordRoute(deps))
  app.register(resetPasswordRoute(deps))
  app.register(changePasswordRoute(deps))
  app.register(listRolesRoute(deps))
  app.register(setRolesRoute(deps))
  app.register(getJwksRoute(deps))
  app.register(getServiceJwksRoute(deps))
  app.register(getAccountRoute(deps))
  app.register(lookupAccountsRoute(deps))
  app.register(deactivateAccountRoute(deps))
  app.register(reactivateAccountRoute(deps))
  app.register(getOneTimeTokenRoute(deps))
  app.register(listRevocationsRoute(deps))
  return app
}
