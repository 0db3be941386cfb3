import type { BrokenRule, Person, SpaceQuote } from '@alcove/contracts'
import { forbidden, malformedMember, notFound, rulesBroken } from '../errors.ts'
import type { PaymentMethod } from './booking.ts'
import type { CallScope, PersonSource, SpaceSource } from './ports.ts'

export interface QuoteWish {
  userId: string
  spaceId: string
  unitId?: string
  startsAt: Date
  endsAt: Date
  teamId?: string
  attendeeCount: number
  now: Date
  /** A booking has everything before this already; only what is added is judged. */
  addedFrom?: Date
  /** Nothing is booked, only given back: that is open to whoever the booking is for. */
  mayBeInactive?: boolean
}

export interface QuoteDeps {
  people: PersonSource
  spaces: SpaceSource
}

/** An active person; anybody else may book nothing. */
export async function getActivePerson(deps: Pick<QuoteDeps, 'people'>, userId: string, scope: CallScope): Promise<Person> {
  const person = await deps.people.findPerson(userId, scope)
  if (person?.status !== 'active') throw forbidden('This account is not active.')
  return person
}

/**
 * Who and what: the person first, because plan and teams decide price and rules; then the quote with its broken rules,
 * booking's own merged in. Throws `forbidden` for an account that is not active and `not-found` for an unknown space.
 */
export async function quoteBooking(deps: QuoteDeps, wish: QuoteWish, scope: CallScope): Promise<SpaceQuote> {
  const { userId, now, mayBeInactive, ...asked } = wish
  const person = mayBeInactive ? await deps.people.findPerson(userId, scope) : await getActivePerson(deps, userId, scope)
  const { planId = null, teams = [] } = person ?? {}
  const quote = await deps.spaces.findQuote({ ...asked, at: now, planId, teamIds: teams.map(({ id }) => id) }, scope)
  if (!quote) throw notFound('There is no such space.')
  const units = wish.unitId ? quote.units.filter(({ id }) => id === wish.unitId) : quote.units
  return { ...quote, units, brokenRules: judge({ ...quote, units }, wish, teams) }
}

function judge(quote: SpaceQuote, wish: QuoteWish, teams: Person['teams']): BrokenRule[] {
  const broken = [...quote.brokenRules]
  const add = (rule: BrokenRule) => {
    if (!broken.some(({ code }) => code === rule.code)) broken.push(rule)
  }
  if (wish.endsAt <= wish.startsAt) add({ code: 'interval-invalid', detail: 'The end must be after the start.' })
  if (quote.units.length === 0)
    add({ code: 'not-bookable', detail: wish.unitId ? 'The unit cannot be booked at present.' : 'The space cannot be booked at present.' })
  if (wish.teamId && !teams.some(({ id }) => id === wish.teamId)) add({ code: 'not-allowed-for-team', detail: 'You are not in this team.' })
  if (wish.attendeeCount > quote.space.capacity) add({ code: 'capacity-exceeded', detail: `The space holds at most ${quote.space.capacity} people.` })
  return broken
}

export function assertUnbroken(rules: readonly BrokenRule[]): void {
  if (rules.length > 0) throw rulesBroken(rules)
}

export interface Due {
  method: PaymentMethod | 'none'
  amountMinor: number
  amountCredits: number
  isDue: boolean
}

/** What is to be paid and how. Throws 400 when something is due and `payment` is missing, or cannot pay this. */
export function settleDue(quote: Pick<SpaceQuote, 'totalMinor' | 'totalCredits'>, method: PaymentMethod | undefined): Due {
  if (quote.totalMinor === 0) return { method: 'none', amountMinor: 0, amountCredits: 0, isDue: false }
  if (!method) throw malformedMember('/payment', 'This has to be paid for: say how.')
  if (method === 'card') return { method, amountMinor: quote.totalMinor, amountCredits: 0, isDue: true }
  if (quote.totalCredits === null) throw malformedMember('/payment/method', 'This cannot be paid for with credits.', 'enum')
  return { method, amountMinor: 0, amountCredits: quote.totalCredits, isDue: quote.totalCredits > 0 }
}

/** `token` goes with `card` and only with it. */
export function assertPaymentComplete(payment: { method: PaymentMethod; token?: string } | undefined): void {
  if (payment?.method === 'card' && payment.token === undefined) throw malformedMember('/payment/token', 'A card is paid with its token.')
  if (payment?.method === 'credits' && payment.token !== undefined) throw malformedMember('/payment/token', 'Credits have no token.', 'unknown-member')
}
