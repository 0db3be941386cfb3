import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Above the ports of a whole stack under PORT_BASE=11000, and below what systems give to outgoing connections and to whoever listens on port 0.
const FIRST = 20_500
const BLOCK = 100
const BLOCKS = 95
const listenHost = '127.0.0.1'

/** Whether nothing listens there: tried by listening. */
export function isPortFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/**
 * As many free ports of the loopback address, all different. Each comes from a block of a hundred that this process holds until it
 * ends, so none is given twice, by whatever number of processes that search at once. Throws when no block is left.
 */
export async function findFreePorts(count: number): Promise<number[]> {
  const found: number[] = []
  while (found.length < count) {
    const port = await nextPort()
    if (await isPortFree(port, listenHost)) found.push(port)
  }
  return found
}

/** One such port. */
export async function findFreePort(): Promise<number> {
  return (await findFreePorts(1))[0]!
}

const candidates = walkBlocks()
// A generator answers its callers one after the other, so no two get the same port.
const nextPort = async () => (await candidates.next()).value

async function* walkBlocks(): AsyncGenerator<number, never> {
  for (;;) {
    const first = await holdBlock()
    for (let port = first + 1; port < first + BLOCK; port += 1) yield port
  }
}

async function holdBlock(): Promise<number> {
  const start = randomInt(BLOCKS)
  for (let step = 0; step < BLOCKS; step += 1) {
    const first = FIRST + ((start + step) % BLOCKS) * BLOCK
    if (await hold(first)) return first
  }
  throw new Error(`no hundred ports from ${FIRST} to ${FIRST + BLOCKS * BLOCK - 1} are left: each has its first one taken`)
}

/** Listens there as long as this process lives, which it does not prolong. */
function hold(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', () => resolve(false))
    server.listen({ port, host: listenHost, exclusive: true }, () => {
      server.unref()
      resolve(true)
    })
  })
}
