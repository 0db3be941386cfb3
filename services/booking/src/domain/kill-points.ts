/** Where a test may have this process killed: before and after every step that leaves something behind. */
export const bookingKillPoints = [
  'create.before-claim',
  'create.after-claim',
  'create.after-authorize',
  'create.after-settle',
  'pay.before-start',
  'pay.after-start',
  'pay.after-authorize',
  'pay.after-settle',
  'change.before-claim',
  'change.after-claim',
  'change.after-authorize',
  'change.after-settle',
  'cancel.before-write',
  'cancel.after-write',
  'hold.after-claim',
  'check-in.after-write',
  'check-out.after-write',
  'reconcile.after-answer',
  'reconcile.after-settle',
] as const
export type BookingKillPoint = (typeof bookingKillPoints)[number]
