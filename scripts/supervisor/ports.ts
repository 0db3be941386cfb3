import { isPortFree } from '@alcove/testing/free-ports'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { readCommand } from './processes.ts'

const LISTENING = '0A'

/** Refuses with every port that is taken and, where the system shows it, by whom. */
export async function assertPortsFree(ports: ReadonlyMap<number, string>, host: string): Promise<void> {
  const taken: string[] = []
  for (const [port, purpose] of ports) {
    if (!(await isPortFree(port, host))) taken.push(`port ${port} (${purpose}) is in use by ${describeOwner(port)}`)
  }
  if (taken.length > 0) throw new Error(`${taken.join('\n')}\nStop it, or choose other ports: make up PORT_BASE=10000 adds 10000 to each.`)
}

/** `pid 4711: nginx -g daemon off;`, or why it cannot be said. */
export function describeOwner(port: number): string {
  const owner = findOwner(port)
  return owner === undefined ? 'a process that this user may not see' : `pid ${owner}: ${readCommand(owner) || 'unknown command'}`
}

function findOwner(port: number): number | undefined {
  const sockets = listListeningInodes(port)
  if (sockets.size === 0) return undefined
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    if (listDescriptors(pid).some((target) => sockets.has(target))) return Number(pid)
  }
  return undefined
}

function listListeningInodes(port: number): Set<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const inodes = new Set<string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readLines(table).slice(1)) {
      const fields = line.trim().split(/\s+/)
      if (fields[1]?.endsWith(suffix) && fields[3] === LISTENING) inodes.add(`socket:[${fields[9]}]`)
    }
  }
  return inodes
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

function listDescriptors(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`)
      } catch {
        return ''
      }
    })
  } catch {
    return []
  }
}
