import { createApp } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AppDeps } from './deps.ts'
import { checkClosedRoute } from './routes/check-closed.ts'
import { createClosureRoute } from './routes/create-closure.ts'
import { createLocationRoute } from './routes/create-location.ts'
import { createPolicyRoute } from './routes/create-policy.ts'
import { createPriceBookRoute } from './routes/create-price-book.ts'
import { createQuoteRoute } from './routes/create-quote.ts'
import { createSpaceRoute } from './routes/create-space.ts'
import { deleteClosureRoute } from './routes/delete-closure.ts'
import { deleteLocationRoute } from './routes/delete-location.ts'
import { deleteSpaceRoute } from './routes/delete-space.ts'
import { findClosureRoute } from './routes/find-closure.ts'
import { getClosureRoute } from './routes/get-closure.ts'
import { getLocationRoute } from './routes/get-location.ts'
import { getPolicyRoute } from './routes/get-policy.ts'
import { getPriceBookRoute } from './routes/get-price-book.ts'
import { getSpaceRoute } from './routes/get-space.ts'
import { listClosuresRoute } from './routes/list-closures.ts'
import { listLocationsRoute } from './routes/list-locations.ts'
import { listPoliciesRoute } from './routes/list-policies.ts'
import { listPriceBooksRoute } from './routes/list-price-books.ts'
import { listSchedulesRoute } from './routes/list-schedules.ts'
import { listSpacesRoute } from './routes/list-spaces.ts'
import { putOpeningHoursRoute } from './routes/put-opening-hours.ts'
import { quoteSpaceRoute } from './routes/quote-space.ts'
import { updateLocationRoute } from './routes/update-location.ts'
import { updatePolicyRoute } from './routes/update-policy.ts'
import { updatePriceBookRoute } from './routes/update-price-book.ts'
import { updateSpaceRoute } from './routes/update-space.ts'

/** The workspace application over its dependencies; `ready()` before use. */
export function buildApp(deps: AppDeps): FastifyInstance {
  const { log, metrics, clock, version, authenticator } = deps
  const app = createApp({ service: 'workspace', log, metrics, clock, version, authenticator })
  app.register(checkClosedRoute(deps))
  app.register(createClosureRoute(deps))
  app.register(createLocationRoute(deps))
  app.register(createPolicyRoute(deps))
  app.register(createPriceBookRoute(deps))
  app.register(createQuoteRoute(deps))
  app.register(createSpaceRoute(deps))
  app.register(deleteClosureRoute(deps))
  app.register(deleteLocationRoute(deps))
  app.register(deleteSpaceRoute(deps))
  app.register(findClosureRoute(deps))
  app.register(getClosureRoute(deps))
  app.register(getLocationRoute(deps))
  app.register(getPolicyRoute(deps))
  app.register(getPriceBookRoute(deps))
  app.register(getSpaceRoute(deps))
  app.register(listClosuresRoute(deps))
  app.register(listLocationsRoute(deps))
  app.register(listPoliciesRoute(deps))
  app.register(listPriceBooksRoute(deps))
  app.register(listSchedulesRoute(deps))
  app.register(listSpacesRoute(deps))
  app.register(putOpeningHoursRoute(deps))
  app.register(quoteSpaceRoute(deps))
  app.register(updateLocationRoute(deps))
  app.register(updatePolicyRoute(deps))
  app.register(updatePriceBookRoute(deps))
  app.register(updateSpaceRoute(deps))
  return app
}
