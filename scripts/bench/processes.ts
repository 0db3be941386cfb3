import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import type { Stack } from '../supervisor/types.ts'

/** Linux counts processor time in ticks of 10 ms (`getconf CLK_TCK` is 100 wherever Node runs). */
const ticksPerSecond = 100

/** `endedSeconds`: of children that have ended (`cutime` and `cstime` of proc_pid_stat(5)). */
function readStat(pid: number): { parent: number; cpuSeconds: number; endedSeconds: number } | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    const toSeconds = (own: number) => (Number(fields[own]) + Number(fields[own + 1])) / ticksPerSecond
    return { parent: Number(fields[1]), cpuSeconds: toSeconds(11), endedSeconds: toSeconds(13) }
  } catch {
    return undefined
  }
}

/** Processor seconds used so far by processes, each with its children: PostgreSQL's backends are children of its postmaster. */
export function cpuOf(pids: Readonly<Record<string, number>>): Record<string, number> {
  const used = Object.fromEntries(Object.keys(pids).map((name) => [name, 0]))
  const names = new Map(Object.entries(pids).map(([name, pid]) => [pid, name]))
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    const stat = pid ? readStat(pid) : undefined
    if (!stat) continue
    const own = names.get(pid)
    if (own !== undefined) used[own]! += stat.cpuSeconds + stat.endedSeconds
    else if (names.has(stat.parent)) used[names.get(stat.parent)!]! += stat.cpuSeconds
  }
  return used
}

/** Processor seconds used so far: by service (all its replicas), by PostgreSQL, by what else is named, by this process. */
export function readCpu(stack: Stack, servers: Readonly<Record<string, number>>): Record<string, number> {
  const used: Record<string, number> = {}
  for (const status of stack.status()) {
    if (status.pid) used[status.service] = (used[status.service] ?? 0) + (readStat(status.pid)?.cpuSeconds ?? 0)
  }
  const own = process.cpuUsage()
  return { ...used, ...cpuOf(servers), 'load generator': (own.user + own.system) / 1e6 }
}

export async function readPostmasterPid(superuserUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: superuserUrl })
  await client.connect()
  const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory')
  await client.end()
  return Number((await readFile(join(rows[0]!.data_directory, 'postmaster.pid'), 'utf8')).split('\n')[0])
}

/** What was used between two readings, in milliseconds for each of `count` pieces of work. */
export function cpuPer(before: Record<string, number>, after: Record<string, number>, count: number): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([name, seconds]) => [name, ((seconds - (before[name] ?? 0)) * 1000) / count]))
}
