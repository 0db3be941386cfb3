import { getNodePort } from '../supervisor/layout.ts'
import type { DaemonStatus } from './protocol.ts'

/** What `make up` prints at the end: where to go and as whom. */
export function describeStack(status: DaemonStatus): string {
  const port = getNodePort('gateway') + status.portBase
  const seconds = Math.round((Date.now() - Date.parse(status.startedAt)) / 1000)
  const running = status.processes.filter((process) => process.state === 'ready').length
  return [
    '',
    `Alcove is ready: ${running} processes, up for ${seconds} s${describeClock(status.clockOffsetMs)}`,
    `  API        http://localhost:${port}/api/v1`,
    `  API docs   http://localhost:${port}/api/docs`,
    `  Mailbox    http://localhost:${port}/dev/mailbox`,
    '  Services   make status',
    '',
    '  Log in as  member@alcove.test, member2@alcove.test … member20@alcove.test, operator@alcove.test, admin@alcove.test',
    '  Password   alcove-demo',
    '',
    '  Next       make demo, the first booking in README.md, make down',
  ].join('\n')
}

export function describeClock(offsetMs: number): string {
  if (offsetMs === 0) return ''
  return `; its clock is moved by ${(offsetMs / 3_600_000).toFixed(1)} h (DELETE /dev/clock returns to real time)`
}
