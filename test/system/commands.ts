import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { isPortFree } from '@alcove/testing/free-ports'
import { nodeBinary, root } from '../../scripts/supervisor/layout.ts'

/** Runs a script of this checkout to its end, as a Makefile target does, for the stack in `dir`. */
export function runScript(dir: string, script: string, args: readonly string[] = [], variables: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, ALCOVE_DIR: dir, ...variables }
  const { status, stdout, stderr } = spawnSync(nodeBinary, [join('scripts', script), ...args], { cwd: root, env, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

/** For `PORT_BASE`: ports of a whole stack that nobody uses at the moment. */
export async function findPortBase(): Promise<number> {
  for (let portBase = 11_000; ; portBase += 97) {
    const free = await Promise.all([3000, 3003, 3004, 4000, 5400, 9003].map((port) => isPortFree(port + portBase, '127.0.0.1')))
    if (!free.includes(false)) return portBase
  }
}
