import { connect, createServer, type Socket } from 'node:net'
import type { EdgeProxy } from './http-proxy.ts'
import type { Passage, Watch } from './trial.ts'

export interface PostgresProxyOptions {
  edge: string
  /** Statements with this prefix are calls; what follows is the operation's name. */
  prefix: string
  port: number
  target: { host: string; port: number }
  watch: Watch
  slowMs: number
  /** Told of every connection refused while down. */
  onRefused: () => void
}

const BIND = 'B'
const PARSE = 'P'
const SYNC = 'S'
const READY = 'Z'
const headerBytes = 5

interface Frame {
  type: string
  bytes: Buffer
}

/** Cuts a stream of PostgreSQL messages (a type, a length, a body) into whole ones. */
function createFrameReader(): (chunk: Buffer) => Frame[] {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const frames: Frame[] = []
    while (rest.length >= headerBytes && rest.length >= 1 + rest.readInt32BE(1)) {
      const end = 1 + rest.readInt32BE(1)
      frames.push({ type: String.fromCharCode(rest[0]!), bytes: rest.subarray(0, end) })
      rest = rest.subarray(end)
    }
    return frames
  }
}

/** The prepared statement that a Bind message names: after the portal's name, each ended by a zero byte. */
function readStatement({ bytes }: Frame): string {
  const portalEnd = bytes.indexOf(0, headerBytes)
  return bytes.toString('utf8', portalEnd + 1, bytes.indexOf(0, portalEnd + 1))
}

function frame(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(headerBytes)
  head.write(type)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
const failure = Buffer.concat([frame('E', Buffer.from('SERROR\0VERROR\0CXX000\0Ma fault of the test\0\0')), frame(READY, Buffer.from('I'))])

const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** One exchange with the server: everything up to and with ReadyForQuery. */
type Exchange = (bytes: Buffer) => Promise<Buffer>

/** Stands between a pool and PostgreSQL, tells exchanges of prepared statements apart by name, and does to one what the watch says. */
export async function startPostgresProxy(options: PostgresProxyOptions): Promise<EdgeProxy> {
  const sockets = new Set<Socket>()
  let isDown = false
  const track = (socket: Socket) => {
    sockets.add(socket)
    socket.setNoDelay(true).on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  }
  const server = createServer((client) => {
    track(client)
    if (isDown) {
      options.onRefused()
      client.resetAndDestroy()
      return
    }
    const upstream = connect(options.target)
    track(upstream)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    serve(options, client, upstream)
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(options.port, '127.0.0.1', resolve))
  return {
    edge: options.edge,
    url: `127.0.0.1:${options.port}`,
    async takeDown() {
      isDown = true
      for (const socket of sockets) socket.resetAndDestroy()
    },
    async bringUp() {
      isDown = false
    },
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function serve(options: PostgresProxyOptions, client: Socket, upstream: Socket): void {
  const readClient = createFrameReader()
  const readServer = createFrameReader()
  let isOpening = true
  let group: Frame[] = []
  let collected: Buffer[] = []
  let done: ((answer: Buffer) => void) | undefined

  const exchange: Exchange = (bytes) =>
    new Promise((resolve) => {
      collected = []
      done = resolve
      upstream.write(bytes)
    })
  upstream.on('data', (chunk) => {
    for (const { type, bytes } of readServer(chunk)) {
      if (!done) {
        client.write(bytes)
        continue
      }
      collected.push(bytes)
      if (type !== READY) continue
      const finish = done
      done = undefined
      finish(Buffer.concat(collected))
    }
  })
  client.on('data', (chunk) => {
    if (isOpening) {
      // The opening message alone has no type byte; pg sends nothing after it until it is answered.
      isOpening = false
      upstream.write(chunk)
      return
    }
    for (const each of readClient(chunk)) {
      group.push(each)
      if (each.type === SYNC) {
        const whole = group
        group = []
        void carry(options, whole, { client, exchange })
      } else if (!group.some(({ type }) => type === PARSE || type === BIND)) {
        // Passwords, simple queries, farewells.
        group = []
        upstream.write(each.bytes)
      }
    }
  })
}

async function carry(options: PostgresProxyOptions, group: Frame[], { client, exchange }: { client: Socket; exchange: Exchange }): Promise<void> {
  const bytes = Buffer.concat(group.map((each) => each.bytes))
  const bind = group.find(({ type }) => type === BIND)
  const statement = bind ? readStatement(bind) : ''
  const passage: Passage = statement.startsWith(options.prefix)
    ? options.watch.pass({ edge: options.edge, operation: statement.slice(options.prefix.length), text: bind!.bytes.toString('latin1') })
    : { verdict: 'pass', answered: async () => undefined }
  const { verdict } = passage
  if (verdict === 'timeout') return
  if (verdict === 'reset') return void client.resetAndDestroy()
  if (verdict === '500') return void client.write(failure)
  const answer = await exchange(bytes)
  if (verdict === 'answer-lost') return void client.resetAndDestroy()
  if (verdict === 'slow') await delay(options.slowMs)
  // The statement is prepared by now: preparing it again would be an error of its own.
  if (verdict === 'duplicate') await exchange(Buffer.concat(group.filter(({ type }) => type !== PARSE).map((each) => each.bytes)))
  await passage.answered()
  client.write(answer)
}
