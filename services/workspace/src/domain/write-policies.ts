import {
  type BodyOf,
  type createPolicy as createPolicyOperation,
  policyCreated,
  policyUpdated,
  type updatePolicy as updatePolicyOperation,
} from '@alcove/contracts'
import { checkPolicy } from '@alcove/rules'
import { assertNoIssues, assertPresent } from '../errors.ts'
import { createOnce } from './create-once.ts'
import { policyLimits, type PolicyRecord, toEffectivePolicy, toPolicyState } from './policy.ts'
import type { KeyedCommand, WriteContext, WriteDeps } from './stores.ts'

/** Adds a policy. @throws 400 for limits that contradict each other; 422 `idempotency-key-reused` */
export async function createPolicy(
  deps: WriteDeps,
  { write, command, body }: { write: WriteContext; command: KeyedCommand | undefined; body: BodyOf<typeof createPolicyOperation> },
): Promise<PolicyRecord> {
  assertNoIssues(checkPolicy(body))
  return createOnce(deps, {
    write,
    command,
    find: (stores, id) => stores.policies.lock(id, 'share'),
    async create(stores, id) {
      const policy = change(
        {
          id,
          version: 1,
          name: 'Policy',
          minMinutes: null,
          maxMinutes: null,
          gridMinutes: null,
          leadMinutes: null,
          advanceDays: null,
          cancellation: null,
          createdAt: write.now,
          updatedAt: write.now,
        },
        body,
      )
      await stores.policies.insert(policy)
      await stores.publish(policyCreated, id, toPolicyState(policy))
      await stores.audit('policy.created', id)
      return policy
    },
  })
}

/** Changes the members given; null lifts a limit. @throws 400 for limits that would contradict each other; 404 */
export async function updatePolicy(
  deps: WriteDeps,
  { write, id, body }: { write: WriteContext; id: string; body: BodyOf<typeof updatePolicyOperation> },
): Promise<PolicyRecord> {
  return deps.inTransaction(write, async (stores) => {
    const policy = assertPresent(await stores.policies.lock(id), 'policy')
    const updated = { ...change(policy, body), version: policy.version + 1, updatedAt: write.now }
    assertNoIssues(checkPolicy(toEffectivePolicy(updated)))
    await stores.policies.update(updated)
    await stores.publish(policyUpdated, id, toPolicyState(updated))
    await stores.audit('policy.updated', id)
    return updated
  })
}

function change(policy: PolicyRecord, body: BodyOf<typeof updatePolicyOperation>): PolicyRecord {
  const changed = { ...policy, name: body.name ?? policy.name }
  for (const limit of policyLimits) if (body[limit] !== undefined) changed[limit] = body[limit]
  if (body.cancellation !== undefined) changed.cancellation = body.cancellation
  return changed
}
