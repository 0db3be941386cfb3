import { connect, createServer, type Server, type Socket } from 'node:net'

export interface Balancer {
  open(): Promise<void>
  /** Refuses new connections at once and ends the open ones. */
  close(): Promise<void>
}

/** A TCP address in front of replicas: each connection goes to the replica with the fewest, the next one when it refuses. */
export function createBalancer(options: { host: string; port: number; listTargets: () => readonly number[] }): Balancer {
  const open = new Map<number, number>()
  const sockets = new Set<Socket>()
  let server: Server | undefined

  const track = (socket: Socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    // Errors arrive as 'close' too; without a listener they would end this process.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  }

  const accept = (client: Socket) => {
    track(client)
    const ordered = options.listTargets().toSorted((a, b) => (open.get(a) ?? 0) - (open.get(b) ?? 0))
    forward(client, ordered)
  }

  const forward = (client: Socket, [target, ...others]: readonly number[]) => {
    if (target === undefined || client.destroyed) return void client.destroy()
    open.set(target, (open.get(target) ?? 0) + 1)
    let connected = false
    const upstream = connect({ port: target, host: options.host, allowHalfOpen: true })
    track(upstream)
    upstream.once('connect', () => {
      connected = true
      client.pipe(upstream).pipe(client)
    })
    upstream.once('close', () => {
      open.set(target, (open.get(target) ?? 1) - 1)
      if (!connected) forward(client, others)
      // After a clean end the client may still be reading the answer's tail; pipe() ends it by itself.
      else if (!upstream.readableEnded) client.destroy()
    })
    client.once('close', () => upstream.destroy())
  }

  return {
    open: () =>
      new Promise((resolve, reject) => {
        server = createServer({ allowHalfOpen: true, noDelay: true }, accept)
        server.once('error', reject)
        server.listen({ port: options.port, host: options.host }, resolve)
      }),
    close: () =>
      new Promise((resolve) => {
        if (!server) return resolve()
        server.close(() => resolve())
        server = undefined
        for (const socket of sockets) socket.destroy()
      }),
  }
}
