import { findFreePorts } from '@alcove/testing/free-ports'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManagedProcess } from './managed-process.ts'

/** Answers its name on its port; MODE says how it misbehaves. For tests of the supervisor only. */
const MAIN = `
import { createServer } from 'node:http'
const { MODE, PORT, OPS_PORT, NAME } = process.env
if (MODE === 'crash-at-start') { console.log('no good reason'); process.exit(7) }
const app = createServer((req, res) => {
  if (req.url === '/crash') process.exit(9)
  res.end(NAME)
}).listen(Number(PORT), '127.0.0.1')
const ops = createServer((req, res) => { res.statusCode = MODE === 'never-ready' ? 503 : 200; res.end() }).listen(Number(OPS_PORT), '127.0.0.1')
process.on('SIGTERM', () => {
  if (MODE === 'deaf') return
  app.close(); ops.close(); app.closeAllConnections(); ops.closeAllConnections()
})
`

const made: string[] = []

/** A directory that looks like a service's to the supervisor. */
export function makeFakeServiceDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'alcove-fake-'))
  made.push(dir)
  mkdirSync(join(dir, 'src'))
  writeFileSync(join(dir, 'src/main.ts'), MAIN)
  return dir
}

export async function makeFakeProcess(options: { mode?: string; replica?: number; ports?: { port: number; opsPort: number } } = {}): Promise<ManagedProcess> {
  const [port, opsPort] = await findFreePorts(2)
  const ports = options.ports ?? { port: port!, opsPort: opsPort! }
  const cwd = makeFakeServiceDir()
  const replica = options.replica ?? 1
  const env = { PATH: process.env.PATH ?? '', MODE: options.mode ?? '', NAME: `replica ${replica}`, PORT: String(ports.port), OPS_PORT: String(ports.opsPort) }
  return new ManagedProcess({
    service: 'booking',
    replica,
    ports,
    cwd,
    logFile: join(cwd, 'out.log'),
    nodeOptions: [],
    env: () => env,
    onChange: () => undefined,
  })
}

/** Once the processes have ended. */
export function removeFakeServiceDirs(): void {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true })
}
