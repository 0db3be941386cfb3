import { connect } from 'node:net'

export interface RawAnswer {
  /** 0: the connection ended without an answer. */
  status: number
  head: string
}

/** Sends bytes as they are on a connection of their own and reads until it ends; `leaveAfterMs` ends it from this side. */
export function sendRaw(url: string, pieces: readonly (string | Buffer)[], leaveAfterMs?: number): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect(Number(port), hostname, () => {
      for (const piece of pieces) socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)
      if (leaveAfterMs !== undefined) setTimeout(() => socket.destroy(), leaveAfterMs)
    })
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      const head = Buffer.concat(chunks).toString('latin1')
      resolve({ status: Number(/^(?:HTTP\/1\.1 1\d\d[^]*?\r\n\r\n)*HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head })
    })
  })
}
