import { request, type IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import { socketPath, type Commands, type Progress } from './protocol.ts'

/** Nobody listens on the socket, or whoever did has just ended: no daemon runs here. */
export class NotRunning extends Error {
  constructor() {
    super('Alcove is not running here: make up')
  }
}

/** Sends a command to the daemon; rejects with the daemon's own words if it refuses. */
export async function send<K extends keyof Commands>(command: K, body: Commands[K]['request']): Promise<Commands[K]['answer']> {
  const answer = await open(command, body)
  let text = ''
  for await (const chunk of answer) text += String(chunk)
  if (answer.statusCode !== 200) throw new Error(text)
  return JSON.parse(text) as Commands[K]['answer']
}

/** What happens until the stack is ready or has failed, from the beginning. */
export async function* followProgress(): AsyncGenerator<Progress> {
  for await (const line of createInterface({ input: await open('progress', {}) })) yield JSON.parse(line) as Progress
}

function open(command: string, body: object): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: `/${command}`, method: 'POST', agent: false }, resolve)
    call.on('error', (error: NodeJS.ErrnoException) => reject(isAbsent(error) ? new NotRunning() : error))
    call.end(JSON.stringify(body))
  })
}

const isAbsent = (error: NodeJS.ErrnoException) => ['ENOENT', 'ECONNREFUSED', 'ECONNRESET'].includes(error.code ?? '')
