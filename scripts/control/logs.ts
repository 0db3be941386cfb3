import { closeSync, existsSync, fstatSync, openSync, readSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { send } from './client.ts'
import { formatLogLine } from './log-line.ts'
import { stackDir } from './protocol.ts'
import { up } from './up.ts'

const BACKLOG_BYTES = 32 * 1024
const POLL_MS = 200

/** `make logs`: the last lines; goes on in a terminal, ends otherwise. */
export async function logs(service: string | undefined): Promise<number> {
  const tails = openTails(service)
  const lines = tails.flatMap((tail) => tail.read())
  // Services log JSON with the time first in order; several files are merged by it.
  for (const line of tails.length > 1 ? lines.toSorted((a, b) => (a.time < b.time ? -1 : 1)) : lines) console.log(line.text)
  if (process.stdout.isTTY) await follow(tails)
  return 0
}

/** `make dev`: restarts what is saved and follows all logs until Ctrl-C; the stack then stays. */
export async function dev(): Promise<number> {
  await up()
  await send('watch', { on: true })
  console.log('\nwatching services/ and packages/; Ctrl-C ends the watching, make down the services\n')
  process.once('SIGINT', () => void send('watch', { on: false }).finally(() => process.exit(0)))
  const tails = openTails(undefined)
  for (const tail of tails) tail.read()
  await follow(tails)
  return 0
}

async function follow(tails: readonly Tail[]): Promise<never> {
  for (;;) {
    for (const tail of tails) for (const line of tail.read()) console.log(line.text)
    await delay(POLL_MS)
  }
}

interface Tail {
  /** The whole lines written since the last call. */
  read(): { time: string; text: string }[]
}

function openTails(service: string | undefined): Tail[] {
  const dir = join(stackDir, 'logs')
  if (!existsSync(dir)) throw new Error('there are no logs yet: make up')
  const name = service?.replace(/\.\d$/, '')
  const files = readdirSync(dir).filter((file) => file.endsWith('.log') && (name === undefined || file === `${name}.log`))
  if (files.length === 0) throw new Error(`there is no log of ${service}; there are ${readdirSync(dir).join(', ')}`)
  return files.map((file) => openTail(join(dir, file), file.slice(0, -4)))
}

function openTail(path: string, service: string): Tail {
  const fd = openSync(path, 'r')
  process.once('exit', () => closeSync(fd))
  let position = Math.max(0, fstatSync(fd).size - BACKLOG_BYTES)
  let rest = ''
  let isPartial = position > 0
  return {
    read: () => {
      const size = fstatSync(fd).size
      if (size < position) position = 0
      const buffer = Buffer.alloc(size - position)
      position += readSync(fd, buffer, 0, buffer.length, position)
      const lines = (rest + buffer.toString('utf8')).split('\n')
      rest = lines.pop() ?? ''
      if (isPartial && lines.length > 0) lines.shift()
      isPartial = false
      return lines.filter((line) => line !== '').map((line) => formatLogLine(service, line))
    },
  }
}
