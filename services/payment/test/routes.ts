import { randomUUID } from 'node:crypto'
import { buildTestContext } from '@alcove/testing'
import type { Role } from '@alcove/kit'
import { createGrantRequestStore } from '../src/db/grant-requests.ts'
import { buildApp } from '../src/app.ts'
import { authorizeAttempt } from '../src/domain/authorize-attempt.ts'
import { buildRequest, patience, startPayment, type Harness } from './harness.ts'

/** Payment with its routes; requests are injected, nothing listens. */
export async function startRoutes(settings: { fourEyes?: boolean } = {}) {
  const payment = await startPayment()
  const context = await buildTestContext('payment')
  const { log, authenticator, metrics, tokens } = context
  const woken = { worker: 0, relay: 0 }
  const app = buildApp({
    ...payment.process,
    app: { service: 'payment', log, authenticator, clock: payment.clock, version: '0.0.0-test', metrics },
    payments: payment.payments,
    refunds: payment.refunds,
    wallets: payment.wallets,
    grantRequests: createGrantRequestStore(payment.pool),
    fourEyes: settings.fourEyes ?? false,
    waitMsMax: 2000,
    wakeWorker: () => (woken.worker += 1),
    wakeRelay: () => (woken.relay += 1),
  })
  const people = { member: randomUUID(), other: randomUUID(), operator: randomUUID(), admin: randomUUID() }
  const roles: Record<keyof typeof people, Role[]> = { member: ['member'], other: ['member', 'team-admin'], operator: ['operator'], admin: ['admin'] }
  type Who = keyof typeof people | 'nobody'

  async function call(who: Who, method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, options: { body?: object; headers?: Record<string, string> } = {}) {
    const identity: Record<string, string> = who === 'nobody' ? {} : await tokens.as(roles[who], people[who])
    const answer = await app.inject({ method, url, headers: { ...identity, ...options.headers }, ...(options.body ? { payload: options.body } : {}) })
    return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json(), headers: answer.headers }
  }
  async function callAs(service: 'booking' | 'notification', method: 'GET' | 'PUT' | 'DELETE', url: string, body?: object) {
    const answer = await app.inject({ method, url, headers: await tokens.asService(service), ...(body ? { payload: body } : {}) })
    return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json(), headers: answer.headers }
  }
  return {
    ...payment,
    app,
    tokens,
    people,
    call,
    callAs,
    woken,
    async stop() {
      await app.close()
      await payment.stop()
    },
  }
}
export type Routes = Awaited<ReturnType<typeof startRoutes>>

/** A card payment of the member, captured in full unless told otherwise. */
export async function makePayment(routes: Routes | Harness, request: Parameters<typeof buildRequest>[0], keep: number | null = null) {
  const made = buildRequest(request)
  await authorizeAttempt(routes.process, made, patience)
  if (keep !== null) {
    const target = made.method === 'card' ? { keepMinor: keep } : { keepCredits: keep }
    await routes.deliverTarget({ bookingId: made.bookingId, version: 2, attempts: [{ attemptId: made.attemptId, method: made.method, ...target }] })
    await routes.settleAll()
  }
  const { rows } = await routes.pool.query<{ id: string }>('SELECT id FROM payment WHERE attempt_id = $1', [made.attemptId])
  return { ...made, paymentId: rows[0]!.id }
}
