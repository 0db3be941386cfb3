import type { ServiceName } from '@alcove/contracts'
import { allServices } from './layout.ts'

export interface ParsedTarget {
  readonly service: ServiceName
  readonly replica: number | undefined
}

/** Reads `booking` or `booking.2`; throws with the names there are. */
export function parseTarget(target: string): ParsedTarget {
  const match = /^([a-z]+)(?:\.([1-9]))?$/.exec(target)
  const service = allServices.find((name) => name === match?.[1])
  if (!service) throw new Error(`there is no service ${target}; there are ${allServices.join(', ')} (and booking.2 for a replica)`)
  return { service, replica: match?.[2] === undefined ? undefined : Number(match[2]) }
}
