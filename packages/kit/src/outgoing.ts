import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** Where this process has opened connections to, and how many. */
export interface OutgoingConnections {
  list(): { address: string; count: number }[]
}

/**
 * Counts the process's outgoing TCP connections by address, whoever opens them: a test of the graph sees what goes past the client
 * package too. Databases are not among them, pg makes its sockets in another way. Only under test controls: addresses are unbounded.
 */
export function recordOutgoing(): OutgoingConnections {
  const counts = new Map<string, number>()
  subscribe('net.client.socket', (message) => {
    const { socket } = message as { socket: Socket }
    socket.once('connect', () => {
      const address = `${socket.remoteAddress}:${socket.remotePort}`
      counts.set(address, (counts.get(address) ?? 0) + 1)
    })
  })
  return { list: () => [...counts].map(([address, count]) => ({ address, count })) }
}
