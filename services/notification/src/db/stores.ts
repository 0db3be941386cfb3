import { withTransaction, type Queryable } from '@alcove/database'
import type { Pool } from 'pg'
import type { InTransaction, Stores } from '../domain/stores.ts'
import { keepBookings, takeDueReminders } from './bookings.ts'
import { keepClosure, listUntoldClosures, markClosureTold } from './closures.ts'
import { oweNotices, purgeOld } from './messages.ts'
import { keepOperator, listOperatorIds } from './operators.ts'

export interface StoresDeps {
  readonly newId: () => string
  /** Real time: when a message is due to be taken must not jump with the product's clock. */
  readonly realNow: () => Date
}

/** The stores of one transaction (or of the pool, for reading only). */
export function createStores(tx: Queryable, deps: StoresDeps): Stores {
  return {
    oweNotices: (notices, now) => oweNotices(tx, notices, { newId: deps.newId, now, realNow: deps.realNow() }),
    keepBookings: (bookings) => keepBookings(tx, bookings),
    keepBooking: async (booking) => (await keepBookings(tx, [booking]))[0]!,
    takeDueReminders: (due) => takeDueReminders(tx, due),
    keepClosure: (closure, isDeleted) => keepClosure(tx, closure, isDeleted),
    listUntoldClosures: (now) => listUntoldClosures(tx, now),
    markClosureTold: (id, now) => markClosureTold(tx, id, now),
    keepOperator: (account) => keepOperator(tx, account),
    listOperatorIds: () => listOperatorIds(tx),
    purgeOld: (now) => purgeOld(tx, now),
  }
}

export function createInTransaction(pool: Pool, deps: StoresDeps): InTransaction {
  return (run) => withTransaction(pool, (tx) => run(createStores(tx, deps)), { retry: true })
}
