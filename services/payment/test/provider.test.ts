import { newId } from '@alcove/kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitFor } from '@alcove/testing'
import { withBreaker } from '../src/clients/breaker.ts'
import { ProviderUnavailable, type PaymentProvider } from '../src/domain/provider.ts'
import { startPayment, type Harness } from './harness.ts'

let payment: Harness
let sandbox: PaymentProvider
beforeAll(async () => {
  payment = await startPayment({ slowMs: 150 })
  sandbox = payment.sandbox
})
afterAll(() => payment.stop())

const authorize = (key = newId(), token = 'tok_ok') => sandbox.authorize({ key, token, amountMinor: 1000, currency: 'EUR' })

describe('the sandbox provider', () => {
  it('is idempotent on our key: the first request under it counts', async () => {
    const { key } = await authorize()
    expect(await authorize(key, 'tok_declined')).toMatchObject({ status: 'authorized' })
    await sandbox.capture({ key, amountMinor: 400 })
    expect(await sandbox.capture({ key, amountMinor: 900 })).toMatchObject({ status: 'captured', capturedMinor: 400 })
  })

  it('finds a charge by our key, also one whose answer was lost', async () => {
    const key = newId()
    await expect(authorize(key, 'tok_lost')).rejects.toThrow(ProviderUnavailable)
    expect(await sandbox.find(key)).toMatchObject({ status: 'authorized', amountMinor: 1000, currency: 'EUR' })
    expect(await authorize(key, 'tok_lost')).toMatchObject({ status: 'authorized' })
    expect(await sandbox.find(newId())).toBeUndefined()
  })

  it('is pending while it thinks, for whoever asks', async () => {
    const key = newId()
    const answer = authorize(key, 'tok_slow')
    await waitFor(async () => (await sandbox.find(key))?.status === 'pending')
    expect(await answer).toMatchObject({ status: 'authorized' })
  })

  it('refuses to capture what was voided and to void what was captured, and says how things stand', async () => {
    const voided = await authorize()
    expect(await sandbox.void(voided)).toMatchObject({ status: 'voided' })
    expect(await sandbox.capture({ key: voided.key, amountMinor: 1 })).toMatchObject({ status: 'voided', capturedMinor: 0 })
    const taken = await authorize()
    await sandbox.capture({ key: taken.key, amountMinor: 1000 })
    expect(await sandbox.void(taken)).toMatchObject({ status: 'captured' })
    expect(await sandbox.void({ key: newId() })).toMatchObject({ status: 'refused' })
  })

  it('never refunds more than was captured, at any concurrency, and a refund key once', async () => {
    const { key } = await authorize()
    await sandbox.capture({ key, amountMinor: 1000 })
    const refundKey = newId()
    await Promise.all(Array.from({ length: 6 }, () => sandbox.refund({ key, refundKey, amountMinor: 300 })))
    await Promise.all(Array.from({ length: 6 }, () => sandbox.refund({ key, refundKey: newId(), amountMinor: 300 })))
    expect((await sandbox.find(key))?.refunds.map(({ amountMinor }) => amountMinor)).toEqual([300, 300, 300])
    expect(await sandbox.refund({ key: newId(), refundKey: newId(), amountMinor: 1 })).toMatchObject({ status: 'refused', refunds: [] })
  })

  it('keeps its books on connections of its own: a rolled back transaction of ours leaves them alone', async () => {
    const client = await payment.pool.connect()
    await client.query('BEGIN')
    const { key } = await authorize()
    await client.query('ROLLBACK')
    client.release()
    expect(await sandbox.find(key)).toMatchObject({ status: 'authorized' })
  })
})

describe('the breaker around a provider', () => {
  it('opens after repeated silence, asks nobody then, and closes by itself', async () => {
    let calls = 0
    let isAway = true
    const away: PaymentProvider = {
      ...sandbox,
      find: async () => {
        calls += 1
        if (isAway) throw new ProviderUnavailable('away')
        return undefined
      },
    }
    const guarded = withBreaker(away, { timeoutMs: 1000, resetMs: 50 })
    expect(guarded.state()).toBe('closed')
    for (let i = 0; i < 20; i += 1) await expect(guarded.find('x')).rejects.toThrow(ProviderUnavailable)
    expect(calls).toBe(10)
    isAway = false
    await waitFor(async () => (await guarded.find('x')) === undefined)
    expect(guarded.state()).toBe('closed')
  })

  it('tells of every call, also of those it did not send', async () => {
    const seen: string[] = []
    const guarded = withBreaker(sandbox, { timeoutMs: 10_000, resetMs: 10_000, observe: (operation, outcome) => seen.push(`${operation} ${outcome}`) })
    await guarded.find(newId())
    guarded.force('open')
    await expect(guarded.find(newId())).rejects.toThrow(ProviderUnavailable)
    guarded.force('closed')
    await expect(guarded.authorize({ key: newId(), token: 'tok_lost', amountMinor: 1, currency: 'EUR' })).rejects.toThrow(ProviderUnavailable)
    expect(seen).toEqual(['find ok', 'find open', 'authorize unavailable'])
  })

  it('takes a provider that does not answer in time for silent', async () => {
    const never: PaymentProvider = { ...sandbox, capture: () => new Promise(() => undefined) }
    await expect(withBreaker(never, { timeoutMs: 20, resetMs: 50 }).capture({ key: 'x', amountMinor: 1 })).rejects.toThrow(ProviderUnavailable)
  })
})
