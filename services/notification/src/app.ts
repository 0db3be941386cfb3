import { createApp, type AppOptions } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { Inbox } from './domain/stores.ts'
import { listNotificationsRoute } from './routes/list-notifications.ts'
import { readNotificationRoute } from './routes/read-notification.ts'
import { showMailboxRoute, type ShowMailboxDeps } from './routes/show-mailbox.ts'

export interface AppDeps extends Omit<AppOptions, 'service'>, ShowMailboxDeps {
  readonly inbox: Inbox
}

export function buildApp(deps: AppDeps): FastifyInstance {
  const { log, authenticator, clock, version, metrics } = deps
  const app = createApp({ service: 'notification', log, authenticator, clock, version, metrics })
  app.register(listNotificationsRoute({ inbox: deps.inbox }))
  app.register(readNotificationRoute({ inbox: deps.inbox, now: () => clock.now() }))
  app.register(showMailboxRoute({ mailbox: deps.mailbox, profile: deps.profile, publicBaseUrl: deps.publicBaseUrl }))
  return app
}
