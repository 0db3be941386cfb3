import { setTimeout as sleep } from 'node:timers/promises'
import { CalleeProblem } from '@alcove/client'
import { isTransientDatabaseError } from '@alcove/database'
import { DependencyError, type KillPoints, type Lifecycle, type Logger } from '@alcove/kit'
import { CarrierError, toMessageId, type Carrier } from '../domain/carrier.ts'
import type { OwedMessage } from '../domain/message.ts'
import { prepareMessage, type Directory, type PrepareDeps } from '../domain/prepare-message.ts'
import type { Finished, MessageQueue, Postponed } from '../domain/stores.ts'

export interface SenderDeps extends Omit<PrepareDeps, 'directory'> {
  readonly queue: MessageQueue
  readonly realNow: () => Date
  /** A directory for one batch. */
  readonly createDirectory: () => Directory
  carrier?: Carrier
  /** Sender's address; its domain ends the Message-ID. */
  readonly from: string
  readonly killPoints: Pick<KillPoints, 'reach'>
  readonly log: Logger
  readonly count: (kind: string, outcome: string) => void
}

export const senderKillPoints = ['message.leased', 'message.written', 'message.finished']

const batchSize = 50
const concurrency = 8
/** How long a killed process keeps its messages from others. A living one renews its lease three times in it. */
const leaseSeconds = 15
const renewMs = 5000
const failuresMax = 5
const waitSecondsMax = 10
const idleMs = 500

type Ending = Finished | Postponed

/**
 * Takes one batch of owed messages, writes and delivers them. Answers how many were taken and whether every one had to
 * wait for somebody who could not be asked. Repeatable at any point: what a killed process had taken is taken again when its lease ends, and marked once.
 */
export async function sendBatch(deps: SenderDeps): Promise<{ taken: number; isStuck: boolean }> {
  const { leaseId, messages } = await deps.queue.lease(batchSize, leaseSeconds)
  if (messages.length === 0) return { taken: 0, isStuck: false }
  // A renewal that fails costs at most a repeated writing: only the holder of a lease can mark.
  const renewal = setInterval(
    () => void deps.queue.renew(leaseId, leaseSeconds).catch((err: unknown) => deps.log.warn({ err }, 'a lease was not renewed')),
    renewMs,
  )
  try {
    const isStuck = await sendLeased(deps, leaseId, messages)
    return { taken: messages.length, isStuck }
  } finally {
    clearInterval(renewal)
  }
}

/** Whether every message had to wait. */
async function sendLeased(deps: SenderDeps, leaseId: string, messages: readonly OwedMessage[]): Promise<boolean> {
  const prepare = { ...deps, directory: deps.createDirectory() }
  deps.killPoints.reach('message.leased')
  const endings = await mapLimited(messages, (message) => endMessage(deps, { prepare, message, leaseId }))
  const finished = endings.filter((ending) => ending !== undefined && 'state' in ending)
  const postponed = endings.filter((ending) => ending !== undefined && 'until' in ending)
  if (finished.length > 0) await markFinished(deps, finished, leaseId)
  if (postponed.length > 0) await deps.queue.postpone(leaseId, postponed)
  return postponed.length === messages.length
}

/** undefined: already marked, because it left by SMTP. */
async function endMessage(
  deps: SenderDeps,
  { prepare, message, leaseId }: { prepare: PrepareDeps; message: OwedMessage; leaseId: string },
): Promise<Ending | undefined> {
  try {
    const prepared = await prepareMessage(prepare, message)
    if (prepared.outcome === 'drop') return { message, state: 'dropped', reasonCode: prepared.reasonCode }
    if (prepared.outcome === 'inbox') return { message, state: 'sent', reasonCode: null, item: prepared }
    if (!deps.carrier) return { message, state: 'sent', reasonCode: null, letter: prepared.letter }
    await deps.carrier.send(prepared.letter, toMessageId(message, deps.from))
    // Marked at once and alone: whatever else is in the batch, this one must not leave a second time.
    await markFinished(deps, [{ message, state: 'sent', reasonCode: null }], leaseId)
    return undefined
  } catch (error) {
    return toEnding(deps, message, error)
  }
}

function toEnding(deps: SenderDeps, message: OwedMessage, error: unknown): Ending {
  const about = { messageId: message.id, kind: message.kind, channel: message.channel, eventId: message.eventId }
  if (isUnavailable(error)) {
    deps.log.info({ ...about, waits: message.waits, err: error }, 'a message waits for somebody who cannot be asked')
    return { message, until: inSeconds(deps.realNow(), Math.min(waitSecondsMax, 0.5 * 2 ** message.waits)), hasFailed: false }
  }
  if (error instanceof CarrierError && error.isFinal) {
    deps.log.warn({ ...about, err: error }, 'a mail was refused for good')
    return { message, state: 'failed', reasonCode: 'mailbox-refused' }
  }
  deps.log.error({ ...about, failures: message.failures + 1, err: error }, 'a message could not be written')
  if (message.failures + 1 >= failuresMax) return { message, state: 'failed', reasonCode: 'internal' }
  return { message, until: inSeconds(deps.realNow(), 2 ** message.failures), hasFailed: true }
}

/** Refused tokens (401, 403) and limits (429) are a matter of configuration or time, never of this message. */
function isUnavailable(error: unknown): boolean {
  if (error instanceof CalleeProblem) return [401, 403, 408, 425, 429].includes(error.status)
  return error instanceof DependencyError || (error instanceof CarrierError && !error.isFinal) || isTransientDatabaseError(error)
}

/** With a jitter of up to a third, so that what waited together does not return together. */
function inSeconds(from: Date, seconds: number): Date {
  return new Date(from.getTime() + seconds * 1000 * (1 - Math.random() / 3))
}

async function markFinished(deps: SenderDeps, finished: readonly Finished[], leaseId: string): Promise<void> {
  deps.killPoints.reach('message.written')
  const marked = await deps.queue.finish(leaseId, finished)
  deps.killPoints.reach('message.finished')
  for (const row of marked) deps.count(row.message.kind, row.state)
}

async function mapLimited<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const work = async () => {
    while (next < items.length) {
      const index = next++
      results[index] = await run(items[index] as T)
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work))
  return results
}

/** Sends what is owed: at once when woken after a commit, and by looking twice a second for what others left. */
export function createSender(deps: SenderDeps): Lifecycle & { wake(): void } {
  let running: Promise<void> | undefined
  let isStopping = false
  let isWoken = false
  let rouse = new AbortController()

  const idle = async (ms: number) => {
    if (isWoken || isStopping) return
    await sleep(ms, undefined, { signal: rouse.signal }).catch(() => undefined)
  }
  const run = async () => {
    while (!isStopping) {
      isWoken = false
      rouse = new AbortController()
      try {
        const { taken, isStuck } = await sendBatch(deps)
        if (isStuck) await sleep(1000, undefined, { signal: rouse.signal }).catch(() => undefined)
        else if (taken === 0) await idle(idleMs)
      } catch (error) {
        deps.log.error({ err: error }, 'messages could not be taken')
        await idle(1000)
      }
    }
  }
  return {
    name: 'message-sender',
    phase: 'consumer',
    wake() {
      isWoken = true
      rouse.abort()
    },
    async start() {
      running = run()
    },
    async stop() {
      isStopping = true
      rouse.abort()
      await running
      deps.carrier?.close()
    },
  }
}
