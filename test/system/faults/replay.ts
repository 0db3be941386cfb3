import type { ServiceName } from '@alcove/contracts'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, type Api, type Session } from '../api.ts'
import type { Place } from '../places.ts'
import { enumeratedFlows } from './enumerated-flows.ts'
import { edgeOf, isPassing, nameCase, type FaultCase } from './fault.ts'
import type { Edge, Stage } from './stage.ts'
import type { Trial } from './trial.ts'

/** booking remembers a person for two seconds: a flow that is to ask for them begins later. */
const personForgottenMs = 2200
/** Hours of a place that one flow may use. */
const hoursEach = 8

/** One member with a place of their own, who does one thing after another. */
export interface Lane {
  member: Session
  place: Place
  hours: number
  last?: Trial
}

export interface Replayer {
  stage: Stage
  api: Api
  operator: Session
  now: () => number
  remember: (made: { key: string; body: object; bookingId: string; token: string }) => void
}

export interface ReplayWhat {
  flow: string
  fault?: FaultCase
  /** The calls of the flow without a fault. */
  recorded?: readonly string[]
  /** Awaited between what the flow needs beforehand and what is enumerated. */
  whenPrepared?: () => Promise<void>
}

/** A fault that met none of the calls it was meant for. */
class MissedError extends Error {}

/**
 * Runs one flow in a lane, with at most one fault in it, and answers the calls it made. A flow that does not reach its end,
 * and a fault that found no call, are errors; the latter gets a second try, for a late answer of the flow before may have
 * left the person remembered.
 */
export async function replay(replayer: Replayer, lane: Lane, what: ReplayWhat): Promise<readonly string[]> {
  try {
    return await replayOnce(replayer, lane, what)
  } catch (error) {
    if (!((error as Error).cause instanceof MissedError)) throw error
    await sleep(personForgottenMs)
    return replayOnce(replayer, lane, what)
  }
}

async function replayOnce(replayer: Replayer, lane: Lane, what: ReplayWhat): Promise<readonly string[]> {
  const { stage, api } = replayer
  const flow = enumeratedFlows[what.flow]
  if (!flow) throw new Error(`there is no flow ${what.flow}; there are ${Object.keys(enumeratedFlows).join(', ')}`)
  const { fault } = what
  const edge = fault && stage.edges.get(edgeOf(fault.call))
  if (fault && !edge) throw new Error(`there is no edge ${edgeOf(fault.call)}; there are ${[...stage.edges.keys()].join(', ')}`)
  // A flow that never asked for the person has nothing to wait for.
  const asksForPerson = !what.recorded || what.recorded.some((call) => edgeOf(call) === 'booking-user')
  const isForgotten = (since: Trial | undefined) => !asksForPerson || !since || since.quietMs('booking-user') > personForgottenMs
  const { last } = lane
  await eventually('the person is forgotten', async () => isForgotten(last))
  let way: Way | undefined
  const trial = stage.watch.open({
    ids: [lane.member.userId, lane.place.spaceId],
    fault,
    recorded: what.recorded,
    onDue: async () => void (way = await obstruct(fault!, edge!, trial)),
  })
  lane.last = trial
  const ctx = {
    ...replayer,
    trial,
    member: lane.member,
    place: lane.place,
    hours: lane.hours,
    remember: (made: { key: string; body: object; bookingId: string }) => replayer.remember({ ...made, token: lane.member.token }),
    isOver: () => false,
    base: `${api.stack.urls.gateway}/api`,
    deadlineMs: 2500,
    onReply: (reply: { status: number; body: { dependency?: string } }) => way?.note(reply.status === 503 ? reply.body.dependency : undefined),
  }
  lane.hours += hoursEach
  try {
    const prepared = (await flow.prepare?.(ctx)) ?? ''
    if (prepared) trial.track(prepared)
    await eventually('the person is forgotten', async () => isForgotten(trial))
    await what.whenPrepared?.()
    await trial.begin()
    await flow.act(ctx, prepared)
    if (fault && !trial.hasFired()) throw new MissedError(`the fault found no such call; there were ${trial.calls().join(', ')}`)
    return trial.calls()
  } catch (error) {
    throw new Error(`${fault ? nameCase(fault) : what.flow}: ${describe(error)}`, { cause: error })
  } finally {
    await way?.clear()
    trial.end()
  }
}

const describe = (error: unknown): string => {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message} (${cause.message})` : message
}

/** Something on the way of a call, cleared once it has been met. */
interface Way {
  /** A service said that this one could not be asked. */
  note(dependency: string | undefined): void
  clear(): Promise<void>
}

const lookMs = 20
/** A client tries a refused connection once more within this time. */
const secondTryMs = 400

/** Takes the callee off the net, or opens the breaker before it, until the caller's own figures say that a call was not sent. */
async function obstruct({ call, kind }: FaultCase, edge: Edge, trial: Trial): Promise<Way> {
  if (isPassing(kind)) throw new Error(`${kind} is no obstruction`)
  const callee = edgeOf(call).split('-')[1] as ServiceName
  const count = kind === 'refused' ? edge.countRefused : edge.countOpen
  const before = await count()
  let isCleared = false
  let isTold = false
  await (kind === 'refused' ? edge.proxy.takeDown() : edge.force('open'))
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  const watching = (async () => {
    while (!isCleared) {
      if (isTold || (await count()) > before) {
        trial.noteFired()
        if (kind === 'refused') await Promise.race([pause(secondTryMs), eventually('the second try', async () => (await count()) > before + 1)])
        break
      }
      await pause(lookMs)
    }
    await (kind === 'refused' ? edge.proxy.bringUp() : edge.force('closed'))
  })()
  watching.catch(() => undefined)
  return {
    // An open breaker before payment is asked about rather than tried.
    note: (dependency) => void (isTold ||= kind === 'breaker-open' && dependency === callee),
    async clear() {
      isCleared = true
      await watching
    },
  }
}
