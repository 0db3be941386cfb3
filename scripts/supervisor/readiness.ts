import type { ServiceName } from '@alcove/contracts'
import type { ManagedProcess } from './managed-process.ts'
import { until } from './processes.ts'

/** Crashes before ever being ready after which waiting longer is pointless. */
const FAILED_STARTS_MAX = 3
const TAIL_LINES = 20

/** Settles when all are ready; rejects, early for one that keeps crashing, with what is not and the end of its log. */
export async function waitUntilReady(
  listWaited: () => readonly ManagedProcess[],
  { timeoutMs, readLog }: { timeoutMs: number; readLog: (service: ServiceName) => string },
): Promise<void> {
  const listUnready = () => listWaited().filter((process) => process.state !== 'ready')
  const isCrashing = (process: ManagedProcess) => process.failedStarts >= FAILED_STARTS_MAX
  await until(() => listUnready().length === 0 || listUnready().some(isCrashing), timeoutMs)
  const unready = listUnready()
  // One crash loop makes others wait for it: the cause is what the reader needs.
  const culprits = unready.some(isCrashing) ? unready.filter(isCrashing) : unready
  if (culprits.length > 0) throw new Error(culprits.map((process) => describeFailure(process, readLog(process.spec.service))).join('\n\n'))
}

function describeFailure(process: ManagedProcess, log: string): string {
  const { service, replica, state, lastExit } = process.status()
  const tail = log.trimEnd().split('\n').slice(-TAIL_LINES).join('\n')
  return `${service}${replica > 1 ? `.${replica}` : ''} is not ready (${state}${lastExit ? `, last exit ${lastExit}` : ''}); the end of its log:\n${tail}`
}
