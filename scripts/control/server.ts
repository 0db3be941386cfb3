import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { socketPath, type Commands, type Progress } from './protocol.ts'

export type CommandHandlers = { readonly [K in keyof Commands]: (request: Commands[K]['request']) => Promise<Commands[K]['answer']> | Commands[K]['answer'] }

export interface ControlServer {
  report(progress: Progress): void
  /** Settles when somebody has read the stream to its end, or after the limit. */
  waitForReader(timeoutMs: number): Promise<void>
  close(): Promise<void>
}

/** Listens on the control socket, which only this user may open. */
export async function serveControl(handlers: CommandHandlers): Promise<ControlServer> {
  const past: Progress[] = []
  const followers = new Set<ServerResponse>()
  const isFinal = (progress: Progress) => !('line' in progress)
  const read = Promise.withResolvers<void>()

  const server: Server = createServer((req, res) => {
    const command = req.url?.slice(1) ?? ''
    if (command === 'progress') return follow(res)
    answer(req, res, handlers[command as keyof Commands] as (request: unknown) => unknown).catch((error: Error) => {
      if (!res.headersSent) res.writeHead(400)
      res.end(error.message)
    })
  })
  const follow = (res: ServerResponse) => {
    res.on('finish', () => read.resolve())
    for (const progress of past) res.write(`${JSON.stringify(progress)}\n`)
    if (past.some(isFinal)) res.end()
    else followers.add(res.on('close', () => followers.delete(res)))
  }

  rmSync(socketPath, { force: true })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socketPath, resolve))
  chmodSync(socketPath, 0o600)
  return {
    report: (progress) => {
      past.push(progress)
      for (const res of followers) {
        res.write(`${JSON.stringify(progress)}\n`)
        if (isFinal(progress)) res.end()
      }
    },
    waitForReader: (timeoutMs) => Promise.race([read.promise, delay(timeoutMs, undefined, { ref: false })]),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

async function answer(req: IncomingMessage, res: ServerResponse, handler: ((request: unknown) => unknown) | undefined): Promise<void> {
  if (!handler) throw new Error(`the supervisor knows no command ${req.url}`)
  let text = ''
  for await (const chunk of req) text += String(chunk)
  const result = await handler(JSON.parse(text))
  res.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(result ?? {}))
}
