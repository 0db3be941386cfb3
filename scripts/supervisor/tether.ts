import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { removePostgres, resolveDataDir } from '@alcove/database'
import { createLayout, nodeBinary } from './layout.ts'
import { endLeftovers } from './state-file.ts'

const REMOVE = 'remove'

/**
 * Ends a stack's processes when this process dies, also by SIGKILL: a shell waits for the end of its input, which is
 * this process's, and then looks for leftovers; with `remove` the stack's data go too. The returned function lets go
 * without doing so.
 */
export function tieToThisProcess(dir: string, { remove }: { remove: boolean }): () => void {
  const script = 'while read -r _; do :; done; exec "$0" "$@"'
  const shell = spawn('/bin/sh', ['-c', script, nodeBinary, fileURLToPath(import.meta.url), dir, ...(remove ? [REMOVE] : [])], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  shell.unref()
  // The pipe alone must not keep this process alive.
  ;(shell.stdin as unknown as { unref(): void }).unref()
  shell.on('error', () => undefined)
  shell.stdin?.on('error', () => undefined)
  return () => void shell.kill('SIGKILL')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , dir, remove] = process.argv
  const layout = createLayout(dir!)
  await endLeftovers(layout.dir, await resolveDataDir(layout.dataDir))
  if (remove === REMOVE) {
    await removePostgres(layout.dataDir)
    await rm(layout.dir, { recursive: true, force: true })
  }
}
