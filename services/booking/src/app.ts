import { createApp, type AppOptions } from '@alcove/kit'
import type { FastifyInstance } from 'fastify'
import type { AttendBookingDeps } from './domain/attend-booking.ts'
import type { CancelBookingDeps } from './domain/cancel-booking.ts'
import type { CreateBookingDeps } from './domain/create-booking.ts'
import type { ClosureSource } from './domain/ports.ts'
import { cancelBookingRoute } from './routes/cancel-booking.ts'
import { changeBookingRoute } from './routes/change-booking.ts'
import { checkBookingRoute } from './routes/check-booking.ts'
import { checkInBookingRoute } from './routes/check-in-booking.ts'
import { checkOutBookingRoute } from './routes/check-out-booking.ts'
import { createBookingRoute } from './routes/create-booking.ts'
import { createHoldRoute } from './routes/create-hold.ts'
import { deleteHoldRoute } from './routes/delete-hold.ts'
import { getAvailabilityRoute } from './routes/get-availability.ts'
import { getBookingDetailRoute, type BookingDetailDeps } from './routes/get-booking-detail.ts'
import { getBookingTimelineRoute, type TimelineDeps } from './routes/get-booking-timeline.ts'
import { getBookingRoute } from './routes/get-booking.ts'
import { listBookingsRoute, type ListBookingsDeps } from './routes/list-bookings.ts'
import { listClosureBookingsRoute, type ClosureBookingsDeps } from './routes/list-closure-bookings.ts'
import { payBookingRoute } from './routes/pay-booking.ts'
import { retireUnitsRoute, type RetireUnitsDeps } from './routes/retire-units.ts'

export interface AppDeps
  extends CreateBookingDeps, AttendBookingDeps, CancelBookingDeps, TimelineDeps, ListBookingsDeps, BookingDetailDeps, RetireUnitsDeps, ClosureBookingsDeps {
  app: AppOptions
  closures: ClosureSource
}

/** Every route of booking. */
export function buildApp(deps: AppDeps): FastifyInstance {
  const app = createApp(deps.app)
  app.register(checkBookingRoute(deps))
  app.register(createBookingRoute(deps))
  app.register(listBookingsRoute(deps))
  app.register(getBookingRoute(deps))
  app.register(getBookingTimelineRoute(deps))
  app.register(changeBookingRoute(deps))
  app.register(cancelBookingRoute(deps))
  app.register(checkInBookingRoute(deps))
  app.register(checkOutBookingRoute(deps))
  app.register(payBookingRoute(deps))
  app.register(createHoldRoute(deps))
  app.register(deleteHoldRoute(deps))
  app.register(getAvailabilityRoute(deps))
  app.register(getBookingDetailRoute(deps))
  app.register(retireUnitsRoute(deps))
  app.register(listClosureBookingsRoute(deps))
  return app
}
