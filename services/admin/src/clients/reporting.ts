import { CalleeProblem, type CallOptions, type ServiceClient } from '@alcove/client'
import { defineOperation, OverviewSchema, type Overview } from '@alcove/contracts'
import { ProblemError } from '@alcove/kit'

/** What admin needs of reporting's route; a test compares it with the contract. */
export const askOverview = defineOperation({
  id: 'ask-analytics-overview',
  service: 'reporting',
  method: 'GET',
  path: '/v1/analytics/overview',
  summary: 'Today at a glance',
  access: 'operator',
  responses: { 200: OverviewSchema },
})

/** reporting's overview on behalf of an operator; what reporting refuses, it refuses in its own words. */
export async function getOverview(client: ServiceClient, options: CallOptions & { userToken: string }): Promise<Overview> {
  try {
    return (await client.call(askOverview, {}, options)).body
  } catch (error) {
    if (error instanceof CalleeProblem) throw new ProblemError(error.slug, error.problem.detail, { cause: error })
    throw error
  }
}
