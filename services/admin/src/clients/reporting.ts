import { CalleeProblem, type CallOptions, type ServiceClient } from '@alcove/client'
import { getAnalyticsOverview, type AnalyticsOverview } from '@alcove/contracts'
import { ProblemError } from '@alcove/kit'

/** reporting's overview on behalf of an operator; what reporting refuses, it refuses in its own words. */
export async function getOverview(client: ServiceClient, options: CallOptions & { userToken: string }): Promise<AnalyticsOverview> {
  try {
    return (await client.call(getAnalyticsOverview, {}, options)).body
  } catch (error) {
    if (error instanceof CalleeProblem) throw new ProblemError(error.slug, error.problem.detail, { cause: error })
    throw error
  }
}
