import type { ServiceClient } from '@alcove/client'
import { retireUnits } from '@alcove/contracts'
import { toInstant } from '@alcove/kit'
import type { RetireDeps } from '../domain/retirement.ts'

/** booking, asked before units go away. */
export function createBookingClient(client: Pick<ServiceClient, 'call'>): Pick<RetireDeps, 'retireUnits'> {
  return {
    async retireUnits({ at, spaces }, { deadline, signal, requestId, traceparent }) {
      const answer = await client.call(retireUnits, { body: { at: toInstant(at), spaces } }, { deadline, signal, requestId, traceparent })
      return answer.body
    },
  }
}
