import type { BookingState } from '@alcove/contracts'
import type { Letter, Notice, OwedMessage } from './message.ts'
import type { MailboxRow, NotificationRow, Page } from './rows.ts'

/** What consumers and jobs write, all in the one transaction it was built from. */
export interface Stores {
  /** Owes notices to their recipients, one row a channel. Repeating it changes nothing. */
  oweNotices(notices: readonly Notice[], now: Date): Promise<void>
  /** Keeps the newest state of a booking. Answers whether it was known before, which only a confirmed one is, and whether this one is newer. */
  keepBooking(booking: BookingState): Promise<{ wasKnown: boolean; isNewer: boolean }>
  keepBookings(bookings: readonly BookingState[]): Promise<{ wasKnown: boolean; isNewer: boolean }[]>
  /** Bookings that are now to be reminded of, marked as such. */
  takeDueReminders(due: { now: Date; leadMinutes: number; limit: number }): Promise<BookingState[]>
  /** False: a newer state is kept already; the same of {@link keepOperator}. */
  keepClosure(closure: { closureId: string; version: number; startsAt: string; endsAt: string }, isDeleted: boolean): Promise<boolean>
  /** Closures not over yet whose members may not all have been told. */
  listUntoldClosures(now: Date): Promise<UntoldClosure[]>
  markClosureTold(id: string, now: Date): Promise<void>
  keepOperator(account: { userId: string; version: number; roles: readonly string[]; status: string }): Promise<boolean>
  listOperatorIds(): Promise<string[]>
  /** Deletes what nobody needs any more. */
  purgeOld(now: Date): Promise<void>
}

/** Lends the stores of one transaction. */
export type InTransaction = <T>(run: (stores: Stores) => Promise<T>) => Promise<T>

export interface UntoldClosure {
  readonly id: string
  readonly startsAt: string
  readonly endsAt: string
}

/** How a leased message ends. */
export interface Finished {
  readonly message: OwedMessage
  readonly state: 'sent' | 'dropped' | 'failed'
  readonly reasonCode: string | null
  /** Goes into the mailbox with the mark; absent where it already left by SMTP. */
  readonly letter?: Letter
  readonly item?: { readonly title: string; readonly body: string }
}

/** A leased message given back for later; `hasFailed` false: somebody could not be asked, which exhausts nothing. */
export interface Postponed {
  readonly message: OwedMessage
  readonly until: Date
  readonly hasFailed: boolean
}

/** Owed messages as the sender sees them. */
export interface MessageQueue {
  /** Takes due messages for one lease; whoever dies with them loses them when it ends. */
  lease(limit: number, leaseSeconds: number): Promise<{ leaseId: string; messages: OwedMessage[] }>
  /** Lets a lease that is still held end later. */
  renew(leaseId: string, leaseSeconds: number): Promise<void>
  /** Marks, keeps mails and items, and tells by event, in one transaction; only what the lease still holds. Answers what that was. */
  finish(leaseId: string, finished: readonly Finished[]): Promise<Finished[]>
  postpone(leaseId: string, postponed: readonly Postponed[]): Promise<void>
}

/** A member's inbox in the product. */
export interface Inbox {
  /** Newest first; `unread` true or false narrows it, undefined does not. */
  listItems(wanted: { userId: string; unread?: boolean; limit: number; before?: bigint }): Promise<Page<NotificationRow>>
  /** Keeps the first time it was read; undefined when it is not this person's or not there. */
  readItem(item: { id: string; userId: string; now: Date }): Promise<NotificationRow | undefined>
}

/** Mails that were kept instead of sent. */
export interface Mailbox {
  /** Newest first; `to` narrows to recipients whose address contains it, in any case of letters. */
  listMails(wanted: { to?: string; limit: number; before?: bigint }): Promise<Page<MailboxRow>>
}
