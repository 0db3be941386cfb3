import { randomUUID } from 'node:crypto'
import type { Scene, Slot } from './scene.ts'
import { card, findMails, findSlot, formatMoney, formatSlot, type Problem } from './scene.ts'

export interface Booked {
  readonly slot: Slot
  readonly booking: Problem
}

/** Book and pay; the mail arrives. */
export async function bookDesk(scene: Scene): Promise<Booked> {
  const { narrator, member, location } = scene
  narrator.step(`A member finds a free desk at ${location.name} and books it`)
  const { name, ...slot } = await findSlot(scene)
  narrator.say(`chosen: ${name}, ${formatSlot(slot, location)} (${location.timeZone})`)
  const { status, body } = await narrator.ask<Problem>('POST', '/api/v1/bookings', { token: member, body: { ...slot, payment: card('tok_ok') } })
  narrator.check(
    status === 201 && body.status === 'confirmed',
    `booked and paid: ${body.reference}, ${status === 201 ? formatMoney(body.price.total) : ''} with tax`,
    body,
  )
  const mails = await narrator.waitFor('the confirmation in the mailbox', async () => {
    const found = await findMails(scene, body.reference)
    return found.length > 0 ? found : undefined
  })
  narrator.check(mails.length === 1 && mails[0]!.to.includes('member@alcove.test'), `one mail came, to ${mails[0]!.to}: "${mails[0]!.subject}"`, mails)
  return { slot, booking: body }
}

/** Somebody else wants the same time. */
export async function tryOverlap({ narrator, other, location }: Scene, { slot }: Booked): Promise<void> {
  narrator.step('Somebody else wants the same desk, half an hour later')
  const wanted = { spaceId: slot.spaceId, startsAt: later(slot.startsAt), endsAt: later(slot.endsAt), payment: card('tok_ok') }
  const { status, body } = await narrator.ask<Problem>('POST', '/api/v1/bookings', { token: other, body: wanted })
  narrator.check(status === 409 && body.type === '/problems/slot-conflict', 'refused: 409 slot-conflict', body)
  // Whoever has the desk after it is in the way too.
  const isTold = body.conflicts?.some(({ startsAt, endsAt }) => startsAt === slot.startsAt && endsAt === slot.endsAt) === true
  narrator.check(isTold && !JSON.stringify(body).includes('member@'), 'told when it is taken, never by whom', body.conflicts)
  narrator.check(body.alternatives?.length === 3, 'three alternatives that day:', body.alternatives)
  for (const alternative of body.alternatives!)
    narrator.say(`    ${formatSlot(alternative, location)}${alternative.spaceId === slot.spaceId ? '' : ', another space'}`)
}

/** The network broke after the answer was sent; the client repeats. */
export async function repeatWithKey(scene: Scene): Promise<void> {
  const { narrator, member } = scene
  narrator.step('The same request is sent twice, with one Idempotency-Key')
  const { name: _name, ...slot } = await findSlot(scene, true)
  const headers = { 'idempotency-key': `tour-${randomUUID()}` }
  const body = { ...slot, payment: card('tok_ok') }
  const first = await narrator.ask<Problem>('POST', '/api/v1/bookings', { token: member, headers, body, note: 'first' })
  const second = await narrator.ask<Problem>('POST', '/api/v1/bookings', { token: member, headers, body, note: 'repeated' })
  narrator.check(
    first.status === 201 && second.status === 201 && first.body.id === second.body.id,
    `both answers are booking ${first.body.reference}`,
    second.body,
  )
  const other = await narrator.ask<Problem>('POST', '/api/v1/bookings', {
    token: member,
    headers,
    body: { ...body, title: 'Other' },
    note: 'same key, other body',
  })
  narrator.check(other.status === 422 && other.body.type === '/problems/idempotency-key-reused', 'another body under that key is refused: 422', other.body)
}

/** The bank says no. */
export async function payWithRefusedCard(scene: Scene): Promise<void> {
  const { narrator, member } = scene
  narrator.step('A card is refused')
  const { name: _name, ...slot } = await findSlot(scene, true)
  const { status, body } = await narrator.ask<Problem>('POST', '/api/v1/bookings', { token: member, body: { ...slot, payment: card('tok_declined') } })
  narrator.check(status === 402 && body.type === '/problems/payment-refused', 'refused: 402 payment-refused', body)
  await checkFree(scene, slot)
}

/** The slot can still be had by anybody. */
export async function checkFree({ narrator, other }: Scene, slot: Slot): Promise<void> {
  const { body } = await narrator.ask<{ bookable: boolean }>('POST', '/api/v1/bookings/check', { token: other, body: slot })
  narrator.check(body.bookable === true, 'the desk is as free as before', body)
}

const later = (instant: string) => new Date(Date.parse(instant) + 1_800_000).toISOString().replace('.000Z', 'Z')
