import { findFreePort } from '@alcove/testing/free-ports'
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { fileURLToPath } from 'node:url'

const fixture = fileURLToPath(new URL('fixtures/slow-service.ts', import.meta.url))
const started: ChildProcess[] = []

/** Ends every process that {@link startService} began. */
export function killServices(): void {
  for (const child of started.splice(0)) child.kill('SIGKILL')
}

export async function takePort(): Promise<{ port: number; server: Server }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, server }
}

export interface Running {
  child: ChildProcess
  output(): string
  exited: Promise<{ code: number | null; signal: string | null }>
  port: number
  app: string
  ops: string
}

/** The fixture as a process of its own. */
export async function startService(env: Record<string, string> = {}, nodeOptions: readonly string[] = []): Promise<Running> {
  const [port, opsPort] = [await findFreePort(), await findFreePort()]
  const child = spawn(process.execPath, [...nodeOptions, fixture], {
    env: {
      PATH: process.env.PATH,
      PROFILE: 'local',
      HOST: '127.0.0.1',
      PORT: String(port),
      OPS_PORT: String(opsPort),
      GREETING: 'hi',
      TEST_CONTROLS: 'on',
      CALLER_LIMIT: 'off',
      ...env,
    },
  })
  started.push(child)
  let text = ''
  child.stdout.on('data', (chunk) => (text += chunk))
  child.stderr.on('data', (chunk) => (text += chunk))
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })))
  return { child, output: () => text, exited, port, app: `http://127.0.0.1:${port}`, ops: `http://127.0.0.1:${opsPort}` }
}

export const statusOf = async (url: string, init?: RequestInit): Promise<number | undefined> => (await fetch(url, init).catch(() => undefined))?.status
