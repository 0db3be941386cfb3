import type { EffectivePolicy, policyCreated } from '@alcove/contracts'

export const policyLimits = ['minMinutes', 'maxMinutes', 'gridMinutes', 'leadMinutes', 'advanceDays'] as const

/** A policy as it is stored; null is no limit. */
export interface PolicyRecord {
  id: string
  version: number
  name: string
  minMinutes: number | null
  maxMinutes: number | null
  gridMinutes: number | null
  leadMinutes: number | null
  advanceDays: number | null
  cancellation: { noticeHours: number; refundPercent: number }[] | null
  createdAt: Date
  updatedAt: Date
}

/** The rules alone, without the limits that are none. */
export function toEffectivePolicy(policy: Omit<PolicyRecord, 'id' | 'version' | 'name' | 'createdAt' | 'updatedAt'> | null): EffectivePolicy {
  if (!policy) return {}
  const effective: EffectivePolicy = {}
  for (const limit of policyLimits) if (policy[limit] !== null) effective[limit] = policy[limit]
  if (policy.cancellation) effective.cancellation = policy.cancellation
  return effective
}

/** The public state that events carry. */
export function toPolicyState({ id, version, name, minMinutes, maxMinutes, gridMinutes, leadMinutes, advanceDays, cancellation }: PolicyRecord) {
  const state = { policyId: id, version, name, minMinutes, maxMinutes, gridMinutes, leadMinutes, advanceDays, cancellation }
  return state as (typeof policyCreated)['example']
}
