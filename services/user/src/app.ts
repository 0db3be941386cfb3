import { createApp } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from './deps.ts'
import { addTeamMemberRoute } from './routes/add-team-member.ts'
import { createAddressRoute } from './routes/create-address.ts'
import { createTeamRoute } from './routes/create-team.ts'
import { deactivateUserRoute } from './routes/deactivate-user.ts'
import { deleteAddressRoute } from './routes/delete-address.ts'
import { getAddressRoute } from './routes/get-address.ts'
import { getMeRoute } from './routes/get-me.ts'
import { getPersonProfileRoute } from './routes/get-person-profile.ts'
import { getPersonRoute } from './routes/get-person.ts'
import { getTeamInvitationRoute } from './routes/get-team-invitation.ts'
import { getTeamRoute } from './routes/get-team.ts'
import { getUserRoute } from './routes/get-user.ts'
import { listAddressesRoute } from './routes/list-addresses.ts'
import { listTeamsRoute } from './routes/list-teams.ts'
import { listUsersRoute } from './routes/list-users.ts'
import { myInvitationsRoutes } from './routes/my-invitations.ts'
import { reactivateUserRoute } from './routes/reactivate-user.ts'
import { removeTeamMemberRoute } from './routes/remove-team-member.ts'
import { teamInvitationsRoutes } from './routes/team-invitations.ts'
import { updateMeRoute } from './routes/update-me.ts'
import { updateTeamRoute } from './routes/update-team.ts'

/** The user application over its dependencies; `ready()` before use. */
export function buildApp(deps: UserDeps): FastifyInstance {
  const { log, metrics, clock, version, authenticator } = deps
  const app = createApp({ service: 'user', log, metrics, clock, version, authenticator })
  app.register(getMeRoute(deps))
  app.register(updateMeRoute(deps))
  app.register(listAddressesRoute(deps))
  app.register(createAddressRoute(deps))
  app.register(getAddressRoute(deps))
  app.register(deleteAddressRoute(deps))
  app.register(listUsersRoute(deps))
  app.register(getUserRoute(deps))
  app.register(deactivateUserRoute(deps))
  app.register(reactivateUserRoute(deps))
  app.register(listTeamsRoute(deps))
  app.register(createTeamRoute(deps))
  app.register(getTeamRoute(deps))
  app.register(updateTeamRoute(deps))
  app.register(addTeamMemberRoute(deps))
  app.register(removeTeamMemberRoute(deps))
  app.register(teamInvitationsRoutes(deps))
  app.register(myInvitationsRoutes(deps))
  app.register(getTeamInvitationRoute(deps))
  app.register(getPersonRoute(deps))
  app.register(getPersonProfileRoute(deps))
  return app
}
