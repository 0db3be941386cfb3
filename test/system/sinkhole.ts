import { createServer, type Server, type Socket } from 'node:net'

/** Stands on a stopped service's port and counts who connects; it never answers. */
export interface Sinkhole {
  connections(): number
  close(): Promise<void>
}

export async function openSinkhole(url: string): Promise<Sinkhole> {
  let count = 0
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    count += 1
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  const { hostname, port } = new URL(url)
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(Number(port), hostname, resolve))
  return {
    connections: () => count,
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
