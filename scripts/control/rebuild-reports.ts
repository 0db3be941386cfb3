import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { nodeBinary, root } from '../supervisor/layout.ts'
import { send } from './client.ts'

/** `make rebuild-reports`: reporting empties its read models and makes them again from its raw events. */
export async function rebuildReports(): Promise<number> {
  const env = await send('env', { service: 'reporting' })
  const child = spawn(nodeBinary, ['src/rebuild.ts'], { cwd: join(root, 'services/reporting'), env, stdio: 'inherit' })
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', (code) => resolve(code ?? 1)))
}
