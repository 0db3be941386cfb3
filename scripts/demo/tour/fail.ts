import { randomUUID } from 'node:crypto'
import type { Payment } from '@alcove/contracts'
import { checkFree, type Booked } from './book.ts'
import { card, findMails, findSlot, formatMoney, type Problem, type Scene } from './scene.ts'

/** A critical service is away: a fast, honest no. */
export async function bookWithoutPayment(scene: Scene): Promise<void> {
  const { narrator, member, switchService } = scene
  narrator.step('payment is stopped: a fast, honest no, and nothing half done')
  const { name: _name, ...slot } = await findSlot(scene, true)
  const request = { token: member, headers: { 'idempotency-key': `tour-${randomUUID()}` }, body: { ...slot, payment: card('tok_ok') } }
  await switchService('stop', 'payment')
  narrator.say('make stop s=payment')
  const { status, body, headers, tookMs } = await narrator.ask<Problem>('POST', '/api/v1/bookings', request)
  narrator.check(status === 503 && body.dependency === 'payment', `503 dependency-unavailable, it names payment, after ${tookMs} ms`, body)
  narrator.check(headers.has('retry-after'), `Retry-After: ${headers.get('retry-after')} s`)
  await checkFree(scene, slot)
  await switchService('start', 'payment')
  narrator.say('make start s=payment')
  const booked = await narrator.waitFor('the booking once payment is back', async () => {
    const answer = await narrator.fetch<Problem>('POST', '/api/v1/bookings', request)
    return answer.status === 201 ? answer.body : undefined
  })
  narrator.check(booked.status === 'confirmed', `the same request again, by itself, once payment is back: ${booked.reference} is confirmed`)
}

/** A non-critical service is away: nobody notices. */
export async function bookWithoutNotification(scene: Scene): Promise<void> {
  const { narrator, member, switchService } = scene
  narrator.step('notification is stopped: booking does not care, and the mail comes later')
  const { name: _name, ...slot } = await findSlot(scene, true)
  await switchService('stop', 'notification')
  narrator.say('make stop s=notification')
  const { status, body, tookMs } = await narrator.ask<Problem>('POST', '/api/v1/bookings', { token: member, body: { ...slot, payment: card('tok_ok') } })
  narrator.check(status === 201, `booked all the same, in ${tookMs} ms: ${body.reference}`, body)
  await switchService('start', 'notification')
  narrator.say('make start s=notification')
  const mails = await narrator.waitFor('the mail after notification came back', async () => {
    const found = await findMails(scene, body.reference)
    return found.length > 0 ? found : undefined
  })
  narrator.check(mails.length === 1, `it caught up: one mail, "${mails[0]!.subject}"`, mails)
}

/** Plans change. */
export async function cancelWithRefund({ narrator, member }: Scene, { booking }: Booked): Promise<void> {
  narrator.step(`Plans change: ${booking.reference} is cancelled and the money goes back`)
  const { status, body } = await narrator.ask<Problem>('POST', `/api/v1/bookings/${booking.id}/cancel`, { token: member, body: { reason: 'The tour is over' } })
  narrator.check(status === 200 && body.status === 'cancelled', 'cancelled', body)
  narrator.check(body.refund?.percent === 100, `${formatMoney(body.refund!)} goes back: ${body.refund!.percent} % this early`, body.refund)
  const payment = await narrator.waitFor('the payment settled', async () => {
    const found = await narrator.fetch<{ items: Payment[] }>('GET', `/api/v1/payments?bookingId=${booking.id}`, { token: member })
    return found.body.items?.find((item) => item.status === 'voided' || item.status === 'refunded')
  })
  narrator.check(payment.capturedMinor === payment.refundedMinor, `the payment is ${payment.status}: nothing of the member's money is left with us`, payment)
}
