import { booking } from './booking.ts'
import { events } from './events.ts'
import { money } from './money.ts'
import { overview } from './overview.ts'
import { serviceMap } from './service-map.ts'

/** Everything that is drawn, one dashboard for each question that is asked. */
export const dashboards = [overview, booking, events, serviceMap, money]
