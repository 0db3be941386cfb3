import type { ProcessStatus } from '../supervisor/stack.ts'
import { getNodePort } from '../supervisor/layout.ts'
import { send } from './client.ts'
import { describeClock } from './summary.ts'

const HEADER = ['SERVICE', 'STATE', 'PID', 'UPTIME', 'MEMORY', 'RESTARTS', 'LAST EXIT', 'ADDRESS', 'OPERATIONS']

/** `make status`: one line per process. */
export async function status(): Promise<number> {
  const { pid, phase, portBase, processes, clockOffsetMs } = await send('status', {})
  const replicated = new Set(processes.filter((process) => process.replica > 1).map((process) => process.service))
  const rows = [HEADER, ...processes.map((process) => toRow(process, replicated.has(process.service)))]
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
  console.log('')
  for (const service of replicated) console.log(`${service}'s replicas stand behind http://127.0.0.1:${getNodePort(service) + portBase}`)
  console.log(`supervisor pid ${pid}, ${phase}${describeClock(clockOffsetMs)}`)
  return 0
}

function toRow(process: ProcessStatus, isReplicated: boolean): string[] {
  return [
    isReplicated ? `${process.service}.${process.replica}` : process.service,
    process.state,
    String(process.pid ?? '-'),
    process.upSeconds === null ? '-' : formatDuration(process.upSeconds),
    process.rssBytes === null ? '-' : `${Math.round(process.rssBytes / 1_048_576)} MB`,
    String(process.restarts),
    process.lastExit ?? '-',
    process.url,
    process.opsUrl,
  ]
}

function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`
  return `${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}m`
}
