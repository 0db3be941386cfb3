import type { ServiceName } from '@alcove/contracts'
import { createBalancer } from './balancer.ts'
import { listenHost, type PortPair, type PortPlan } from './layout.ts'
import { ManagedProcess, type ProcessSpec } from './managed-process.ts'

export interface ReplicaSet {
  readonly service: ServiceName
  list(): readonly ManagedProcess[]
  /** All replicas, or the one with this number; throws for a number that is not there. */
  select(replica: number | undefined): readonly ManagedProcess[]
  start(replica?: number): Promise<void>
  stop(replica?: number): Promise<void>
  scale(count: number): Promise<void>
}

type MakeSpec = (replica: number, ports: PortPair) => ProcessSpec

/** A service's replicas behind its one address: a single one listens there itself, several stand behind a balancer. */
export function createReplicaSet(service: ServiceName, ports: PortPlan, makeSpec: MakeSpec): ReplicaSet {
  const address = ports.service(service)
  let replicas: ManagedProcess[] = []
  let isOpen = false

  const listTargets = (of: (pair: PortPair) => number) => () => {
    const ready = replicas.filter((replica) => replica.state === 'ready')
    const running = replicas.filter((replica) => replica.identity !== undefined)
    return (ready.length > 0 ? ready : running).map((replica) => of(replica.spec.ports))
  }
  const balancers = [
    createBalancer({ host: listenHost, port: address.port, listTargets: listTargets((pair) => pair.port) }),
    createBalancer({ host: listenHost, port: address.opsPort, listTargets: listTargets((pair) => pair.opsPort) }),
  ]
  const setOpen = async (open: boolean) => {
    if (open === isOpen) return
    isOpen = open
    await Promise.all(balancers.map((balancer) => (open ? balancer.open() : balancer.close())))
  }

  const select = (replica: number | undefined) => {
    if (replica === undefined) return replicas
    const found = replicas.filter((candidate) => candidate.spec.replica === replica)
    if (found.length === 0) throw new Error(`${service} has ${replicas.length} replica${replicas.length === 1 ? '' : 's'}; there is no ${service}.${replica}`)
    return found
  }
  const stop = async (replica?: number) => {
    const chosen = select(replica)
    const others = replicas.filter((candidate) => !chosen.includes(candidate) && candidate.identity !== undefined)
    await Promise.all(chosen.map((process) => process.stop()))
    if (others.length === 0) await setOpen(false)
  }
  const resize = (count: number) => {
    const make = (replica: number) => new ManagedProcess(makeSpec(replica, count === 1 ? address : ports.replica(service, replica)))
    const keep = count === 1 || replicas.length === 1 ? [] : replicas.slice(0, count)
    replicas = [...keep, ...Array.from({ length: count - keep.length }, (_, index) => make(keep.length + index + 1))]
  }

  return {
    service,
    list: () => replicas,
    select,
    start: async (replica) => {
      if (replicas.length > 1) await setOpen(true)
      for (const process of select(replica)) process.start()
    },
    stop,
    scale: async (count) => {
      if (!Number.isInteger(count) || count < 1 || count > 9) throw new Error(`N_${service} is between 1 and 9, not ${count}`)
      if (count === replicas.length) return
      // The only replica moves off the service's own port, or onto it.
      const leaving = count === 1 || replicas.length === 1 ? replicas : replicas.slice(count)
      await Promise.all(leaving.map((process) => process.stop()))
      if (count === 1) await setOpen(false)
      resize(count)
    },
  }
}
