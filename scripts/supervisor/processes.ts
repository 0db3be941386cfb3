import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** A process that can be told from a later one under the same pid. */
export interface ProcessIdentity {
  readonly pid: number
  /** What the system says about its start: clock ticks since boot on Linux, a date elsewhere. */
  readonly startedAt: string
}

/** When a process began, or undefined when it is gone; a zombie is gone. */
export function findStart(pid: number): string | undefined {
  try {
    // The command in parentheses may hold spaces and parentheses itself, so everything is counted from the last one.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return process.platform === 'linux' ? undefined : findStartByPs(pid)
  }
}

function findStartByPs(pid: number): string | undefined {
  const answer = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  return answer.status === 0 ? answer.stdout.trim() || undefined : undefined
}

export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = findStart(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

/** Whether that very process still runs, not merely one with its number. */
export function isAlive(identity: ProcessIdentity): boolean {
  return findStart(identity.pid) === identity.startedAt
}

export function readCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()
  } catch {
    return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? ''
  }
}

export function readRssBytes(pid: number): number | null {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    const answer = spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })
    return answer.status === 0 ? Number(answer.stdout.trim()) * 1024 : null
  }
}

/** Sends a signal if that very process still runs. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(identity)) return
  try {
    process.kill(identity.pid, name)
  } catch {
    // It ended between the look and the signal.
  }
}

/** Polls until the condition holds; false when the limit passed first. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    if (await condition()) return true
    if (performance.now() > deadline) return false
    await delay(25)
  }
}

/** Asks all to end, waits, then ends those that did not. */
export async function endAll(identities: readonly ProcessIdentity[], first: NodeJS.Signals, graceMs: number): Promise<void> {
  for (const identity of identities) {
    signal(identity, first)
    // A stopped process receives nothing but SIGKILL until it is continued.
    signal(identity, 'SIGCONT')
  }
  if (await until(() => !identities.some(isAlive), graceMs)) return
  for (const identity of identities) signal(identity, 'SIGKILL')
  await until(() => !identities.some(isAlive), 5_000)
}
