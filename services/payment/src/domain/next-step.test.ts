import { describe, expect, it } from 'vitest'
import type { AttemptWork } from './attempt.ts'
import { applyRecord, chooseNextStep, toChargeRecord, toKeep } from './next-step.ts'
import type { ProviderCharge } from './provider.ts'

const buildWork = (
  work: { attempt?: Partial<AttemptWork['attempt']>; payment?: Partial<NonNullable<AttemptWork['payment']>> | null } & Partial<
    Pick<AttemptWork, 'targets' | 'refunds'>
  >,
): AttemptWork => ({
  attempt: {
    id: 'a',
    bookingId: 'b',
    method: 'card',
    token: null,
    amountMinor: 1000,
    amountCredits: 0,
    currency: 'GBP',
    status: 'authorized',
    reasonCode: null,
    released: false,
    failures: 0,
    traceparent: null,
    ...work.attempt,
  },
  payment: work.payment === null ? null : { id: 'p', status: 'authorized', amount: 1000, captured: 0, ...work.payment },
  targets: work.targets ?? [],
  refunds: work.refunds ?? [],
  unfinishedBefore: false,
  wishes: 0,
})
const captured = { status: 'captured', captured: 1000 } as const
const refund = (status: 'pending' | 'done' | 'refused', amount: number, origin: 'booking' | 'operator' = 'booking') => ({
  id: `r${amount}`,
  origin,
  status,
  amount,
})

describe('chooseNextStep', () => {
  it.each([
    ['nothing while no booking was heard of', {}, { kind: 'none' }],
    ['nothing while the booking has not decided', { targets: [{ keep: null }] }, { kind: 'none' }],
    ['nothing while one of several bookings has not decided', { targets: [{ keep: 400 }, { keep: null }] }, { kind: 'none' }],
    ['a capture of all', { targets: [{ keep: 1000 }] }, { kind: 'capture', amount: 1000 }],
    ['one capture of what several bookings keep together', { targets: [{ keep: 400 }, { keep: 300 }] }, { kind: 'capture', amount: 700 }],
    ['never a capture of more than was authorized', { targets: [{ keep: 5000 }] }, { kind: 'capture', amount: 1000 }],
    ['a void when nothing is kept', { targets: [{ keep: 0 }] }, { kind: 'void' }],
    ['a void when it was released, whatever bookings want', { attempt: { released: true }, targets: [{ keep: 1000 }] }, { kind: 'void' }],
    ['the refund of a difference', { payment: captured, targets: [{ keep: 300 }] }, { kind: 'write-refund', amount: 700 }],
    [
      'a written refund before anything else',
      { payment: captured, targets: [{ keep: 300 }], refunds: [refund('pending', 200)] },
      { kind: 'refund', refundId: 'r200', amount: 200 },
    ],
    [
      'only what is still too much',
      { payment: captured, targets: [{ keep: 300 }], refunds: [refund('done', 500, 'operator')] },
      { kind: 'write-refund', amount: 200 },
    ],
    ['nothing more once a refund was refused for good', { payment: captured, targets: [{ keep: 300 }], refunds: [refund('refused', 700)] }, { kind: 'none' }],
    ['nothing where more is wanted than was captured', { payment: { status: 'captured', captured: 300 }, targets: [{ keep: 1000 }] }, { kind: 'none' }],
    ['nothing after a failure', { payment: { status: 'failed' }, targets: [{ keep: 0 }] }, { kind: 'none' }],
    ['nothing for a refused attempt', { attempt: { status: 'refused' }, payment: null, targets: [{ keep: 0 }] }, { kind: 'none' }],
    ['an authorize that was not finished', { attempt: { status: 'processing' }, payment: null, targets: [{ keep: 0 }] }, { kind: 'authorize' }],
  ] as const)('chooses %s', (_, work, step) => {
    expect(chooseNextStep(buildWork(work as Parameters<typeof buildWork>[0]))).toEqual(step)
  })

  it('keeps nothing of a released attempt', () => {
    expect(toKeep(buildWork({ attempt: { released: true }, targets: [{ keep: null }] }))).toBe(0)
  })
})

describe('toChargeRecord', () => {
  const charge = (status: ProviderCharge['status'], more: Partial<ProviderCharge> = {}): ProviderCharge => ({
    key: 'a',
    status,
    amountMinor: 1000,
    currency: 'GBP',
    capturedMinor: 0,
    refunds: [],
    ...more,
  })

  it('is refused for good when a capture finds the charge gone', () => {
    for (const status of ['voided', 'expired', 'refused'] as const) {
      expect(toChargeRecord(charge(status), buildWork({}), { kind: 'capture', amount: 1000 })).toMatchObject({ failedCode: 'capture-refused', voided: false })
    }
  })

  it('follows the provider where a void finds the charge captured', () => {
    const work = buildWork({ targets: [{ keep: 0 }] })
    const record = toChargeRecord(charge('captured', { capturedMinor: 1000 }), work, { kind: 'void' })
    expect(record).toMatchObject({ capturedMinor: 1000, voided: false, failedCode: null })
    expect(chooseNextStep(applyRecord(work, record))).toEqual({ kind: 'write-refund', amount: 1000 })
  })

  it('takes a refund that the provider does not list for refused only after asking for it', () => {
    const work = buildWork({ payment: captured, refunds: [refund('pending', 200), refund('pending', 300)] })
    const answer = charge('captured', { capturedMinor: 1000, refunds: [{ key: 'r300', amountMinor: 300 }] })
    expect(toChargeRecord(answer, work, { kind: 'none' }).refunds).toEqual([{ id: 'r300', done: true }])
    expect(toChargeRecord(answer, work, { kind: 'refund', refundId: 'r200', amount: 200 }).refunds).toEqual([
      { id: 'r200', done: false },
      { id: 'r300', done: true },
    ])
  })
})
