import type { ServiceName } from '@alcove/contracts'
import type { Stack } from '../supervisor/stack.ts'
import type { UpRequest } from './protocol.ts'

/** Brings a running stack to what a later `make up` asks for; what it does not name stays. Says what changed. */
export async function applyRequest(stack: Stack, portBase: number, wanted: UpRequest): Promise<string[]> {
  if (wanted.portBase !== undefined && wanted.portBase !== portBase) throw new Error(`it runs with PORT_BASE=${portBase}; make down first`)
  const { EVENT_TRANSPORT: transport } = stack.envOf('booking')
  if (wanted.transport !== undefined && wanted.transport !== transport) throw new Error(`it runs with TRANSPORT=${transport}; make down first`)
  const changes: string[] = []
  for (const [service, env] of Object.entries(wanted.serviceEnv) as [ServiceName, Record<string, string>][]) {
    const present = stack.envOf(service)
    const changed = Object.entries(env).filter(([name, value]) => present[name] !== value)
    if (changed.length === 0) continue
    await stack.setEnv(service, Object.fromEntries(changed))
    changes.push(`${service} restarted with ${changed.map(([name, value]) => `${name}=${value}`).join(' ')}`)
  }
  for (const [service, count] of Object.entries(wanted.replicas) as [ServiceName, number][]) {
    if (stack.status().filter((process) => process.service === service).length === count) continue
    await stack.scale(service, count)
    changes.push(`${service} now has ${count} replica${count === 1 ? '' : 's'}`)
  }
  for (const service of new Set(stack.status().flatMap((process) => (process.state === 'stopped' ? process.service : [])))) {
    await stack.start(service)
    changes.push(`${service} started again`)
  }
  if (changes.length > 0) await stack.waitReady()
  return changes
}
