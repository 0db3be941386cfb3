import { readdirSync, readFileSync } from 'node:fs'
import type { Stack } from '../supervisor/types.ts'

/** Linux counts processor time in ticks of 10 ms (`getconf CLK_TCK` is 100 wherever Node runs). */
const ticksPerSecond = 100

function readStat(pid: number): { parent: number; cpuSeconds: number } | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return { parent: Number(fields[1]), cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond }
  } catch {
    return undefined
  }
}

/** Processor seconds used so far: by service (all its replicas), by PostgreSQL with all its backends, by this process. */
export function readCpu(stack: Stack, postmasterPid: number): Record<string, number> {
  const used: Record<string, number> = {}
  for (const status of stack.status()) {
    if (status.pid) used[status.service] = (used[status.service] ?? 0) + (readStat(status.pid)?.cpuSeconds ?? 0)
  }
  // A backend that ended is counted by its parent (cutime), but connections stay open through a bench.
  used.postgres = 0
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    const stat = pid ? readStat(pid) : undefined
    if (stat && (pid === postmasterPid || stat.parent === postmasterPid)) used.postgres += stat.cpuSeconds
  }
  const own = process.cpuUsage()
  used['load generator'] = (own.user + own.system) / 1e6
  return used
}

/** What was used between two readings, in milliseconds for each of `count` pieces of work. */
export function cpuPer(before: Record<string, number>, after: Record<string, number>, count: number): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([name, seconds]) => [name, ((seconds - (before[name] ?? 0)) * 1000) / count]))
}
