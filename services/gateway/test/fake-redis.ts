import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { ClientUsage, type Window } from '../src/domain/rate-limits.ts'

/**
 * Speaks as much of Redis' protocol as the gateway asks for, in this process: what happens when Redis goes away needs no Redis. The windows are counted by
 * the gateway's own code; that the real script counts the same is proved on a real server (`make test-redis`).
 */
export interface FakeRedis {
  url: string
  /** What it was asked, by command. */
  asked: string[]
  /** `silent`: takes everything and answers nothing; `refusing`: answers every command with an error. */
  mode: 'answering' | 'silent' | 'refusing'
  /** Ends the process as it were: connections break, new ones are refused. */
  kill(): Promise<void>
  /** Starts again at the same address with nothing in memory. */
  revive(): Promise<void>
}

export async function startFakeRedis(): Promise<FakeRedis> {
  const sockets = new Set<Socket>()
  let server: Server
  let answer = createMemory()
  const listen = async (port: number): Promise<number> => {
    answer = createMemory()
    server = createServer((socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => undefined)
      let pending: Buffer = Buffer.alloc(0)
      socket.on('data', (chunk) => {
        const { commands, rest } = parse(Buffer.concat([pending, chunk]))
        pending = rest
        for (const command of commands) {
          fake.asked.push(command[0]!.toString().toUpperCase())
          if (fake.mode === 'refusing') socket.write('-OOM command not allowed when used memory > maxmemory\r\n')
          else if (fake.mode === 'answering') socket.write(answer(command))
        }
      })
    })
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  }
  const fake: FakeRedis = {
    url: '',
    asked: [],
    mode: 'answering',
    async kill() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
    revive: async () => void (await listen(Number(new URL(fake.url).port))),
  }
  fake.url = `redis://127.0.0.1:${await listen(0)}`
  return fake
}

/** Whole commands (arrays of bulk strings) and what is left of one that is not whole yet. */
function parse(bytes: Buffer): { commands: Buffer[][]; rest: Buffer } {
  const commands: Buffer[][] = []
  let at = 0
  const line = (): number | undefined => {
    const end = bytes.indexOf('\r\n', at)
    if (end === -1) return undefined
    const number = Number(bytes.subarray(at + 1, end).toString())
    at = end + 2
    return number
  }
  for (let start = 0; ; start = at) {
    const count = line()
    const command: Buffer[] = []
    while (count !== undefined && command.length < count) {
      const length = line()
      if (length === undefined || at + length + 2 > bytes.length) break
      command.push(bytes.subarray(at, at + length))
      at += length + 2
    }
    if (count === undefined || command.length < count) return { commands, rest: bytes.subarray(start) }
    commands.push(command)
  }
}

function createMemory(): (command: Buffer[]) => Buffer | string {
  const values = new Map<string, Buffer>()
  const usage = new Map<string, ClientUsage>()
  const bulk = (value: Buffer | undefined) =>
    value ? Buffer.concat([Buffer.from(`$${value.length}\r\n`), value, Buffer.from('\r\n')]) : Buffer.from('$-1\r\n')

  function take(keys: string[], [, ...sizes]: string[]): string {
    const client = /\{(.*)\}/.exec(keys[0]!)![1]!
    const used = usage.get(client) ?? new ClientUsage()
    usage.set(client, used)
    const windows = keys.map((key, index): Window => ({ name: key, requests: Number(sizes[index * 2]), windowSeconds: Number(sizes[index * 2 + 1]) / 1e6 }))
    const { allowed, tightest } = used.take(windows, performance.now())
    const answer = [allowed ? 1 : 0, windows.findIndex(({ name }) => name === tightest.window.name) + 1, tightest.remaining, tightest.resetSeconds * 1e6]
    return `*4\r\n${answer.map((number) => `:${number}\r\n`).join('')}`
  }

  return ([name, ...rest]) => {
    const texts = rest.map(String)
    switch (name!.toString().toUpperCase()) {
      case 'PING':
        return '+PONG\r\n'
      case 'AUTH':
        return '+OK\r\n'
      case 'SET':
        values.set(texts[0]!, rest[1]!)
        return '+OK\r\n'
      case 'DEL':
        return `:${values.delete(texts[0]!) ? 1 : 0}\r\n`
      case 'MGET':
        return Buffer.concat([Buffer.from(`*${rest.length}\r\n`), ...texts.map((key) => bulk(values.get(key)))])
      case 'EVALSHA':
        return '-NOSCRIPT No matching script.\r\n'
      case 'EVAL':
        return take(texts.slice(2, 2 + Number(texts[1])), texts.slice(2 + Number(texts[1])))
      default:
        return `-ERR unknown command '${name!.toString()}'\r\n`
    }
  }
}
