import { operations, type ServiceName } from '@alcove/contracts'
import { edgeOf, isPassing, type FaultCase, type PassingFault } from './fault.ts'

/** One call on its way through a proxy. */
export interface PassingCall {
  /** `booking-payment` */
  edge: string
  operation: string
  /** Whatever of it holds ids: path, body, parameters. */
  text: string
}

export interface Passage {
  verdict: PassingFault | 'pass'
  /** To be awaited before the answer is handed back. */
  answered(): Promise<void>
}

/** One run of a flow: its calls are told from those of others by the ids they name, and counted in order. */
export interface Trial {
  /** Counts from here on; what a flow needs beforehand is no part of the enumeration. */
  begin(): Promise<void>
  track(id: string): void
  /** In order, once begun. */
  calls(): readonly string[]
  hasFired(): boolean
  noteFired(): void
  /** Since the last call on an edge that named one of these ids, in milliseconds. */
  quietMs(edge: string): number
  end(): void
}

export interface TrialOptions {
  ids: readonly string[]
  fault?: FaultCase
  /** Calls of the recording, in order: they say what comes before the one that the fault is for. */
  recorded?: readonly string[]
  /** For a fault on the way: called when the call before has been answered. */
  onDue?: () => Promise<void>
}

/** What all proxies ask about every call. */
export interface Watch {
  pass(call: PassingCall): Passage
  open(options: TrialOptions): Trial
}

interface OpenTrial extends TrialOptions {
  known: Set<string>
  begun: boolean
  fired: boolean
  seen: string[]
  counts: Map<string, number>
  seenAt: Map<string, number>
  /** The call whose answer makes the fault due. */
  dueAfter?: string
}

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
const nothing = async () => undefined

export function createWatch(): Watch {
  const trials = new Set<OpenTrial>()
  const find = (ids: readonly string[]) => [...trials].find((trial) => ids.some((id) => trial.known.has(id)))

  return {
    pass({ edge, operation, text }) {
      const ids: string[] = text.match(uuid) ?? []
      const trial = find(ids)
      if (!trial) return { verdict: 'pass', answered: nothing }
      trial.seenAt.set(edge, performance.now())
      // What is named together belongs together: an attempt is known by its booking, a refund by its attempt.
      for (const id of ids) trial.known.add(id)
      return trial.begun ? judge(trial, `${edge}.${operation}`) : { verdict: 'pass', answered: nothing }
    },
    open(options) {
      const trial: OpenTrial = { ...options, known: new Set(options.ids), begun: false, fired: false, seen: [], counts: new Map(), seenAt: new Map() }
      trials.add(trial)
      return toTrial(trial, () => trials.delete(trial))
    },
  }
}

function judge(trial: OpenTrial, name: string): Passage {
  const count = (trial.counts.get(name) ?? 0) + 1
  trial.counts.set(name, count)
  const call = `${name}#${count}`
  trial.seen.push(call)
  const { fault } = trial
  if (fault && isPassing(fault.kind) && fault.call === call) {
    trial.fired = true
    return { verdict: fault.kind, answered: nothing }
  }
  return { verdict: 'pass', answered: trial.dueAfter === call ? trial.onDue! : nothing }
}

function toTrial(trial: OpenTrial, remove: () => void): Trial {
  return {
    track: (id) => void trial.known.add(id),
    calls: () => trial.seen,
    hasFired: () => trial.fired,
    noteFired: () => void (trial.fired = true),
    quietMs: (edge) => performance.now() - (trial.seenAt.get(edge) ?? Number.NEGATIVE_INFINITY),
    end: remove,
    async begin() {
      trial.begun = true
      const { fault, recorded = [] } = trial
      if (!fault || isPassing(fault.kind)) return
      const onEdge = recorded.filter((call) => edgeOf(call) === edgeOf(fault.call))
      trial.dueAfter = onEdge[onEdge.indexOf(fault.call) - 1]
      if (trial.dueAfter === undefined) await trial.onDue!()
    },
  }
}

const patterns = operations.map((operation) => ({
  operation,
  pattern: new RegExp(`^${operation.path.replace(/\{[^}]+\}/g, '[^/]+')}$`),
}))

/** The operation's id in the contracts, or method and path of what has none. */
export function nameOperation(service: ServiceName, method: string, url: string): string {
  const path = url.split('?')[0]!
  const found = patterns.find(({ operation, pattern }) => operation.service === service && operation.method === method && pattern.test(path))
  return found?.operation.id ?? `${method}${path.replaceAll('/', '-').replace(uuid, 'id')}`
}
