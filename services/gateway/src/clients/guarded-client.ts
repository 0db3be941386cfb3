import { CalleeProblem, DependencyError, isCalleeFault, type ServiceClient } from '@alcove/client'
import type { ServiceName } from '@alcove/contracts'
import type { Registry } from '../domain/registry.ts'

/** A client may come back this soon after an ejection was the reason: by then it has been knocked at again. */
const retryAfterSeconds = 2

/**
 * The client as requests use it: a service that the registry has ejected is not called, and what a called one answers, or does not, is told to the
 * registry.
 */
export function guardClient(client: ServiceClient, registry: Registry, suspect: (name: ServiceName) => void): ServiceClient {
  async function guard<T>(name: ServiceName, work: () => Promise<T>): Promise<T> {
    const admitted = registry.admits(name)
    if (!(admitted instanceof Promise ? await admitted : admitted)) throw new DependencyError(name, { sent: false, reason: 'ejected', retryAfterSeconds })
    try {
      const answer = await work()
      registry.noteAnswer(name)
      return answer
    } catch (error) {
      if (isAnswer(error)) registry.noteAnswer(name)
      else if (isCalleeFault(error)) suspect(name)
      throw error
    }
  }
  return {
    ...client,
    call: (operation, input, options) => guard(operation.service, () => client.call(operation, input, options)),
    forward: (name, request, sink) => guard(name, () => client.forward(name, request, sink)),
  }
}

/** A status is one, whichever it is. What else is no fault of the service says nothing about it. */
const isAnswer = (error: unknown) => error instanceof CalleeProblem || (error instanceof DependencyError && error.reason === 'status')
