import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createLayout, nodeBinary } from './layout.ts'
import { endLeftovers } from './state-file.ts'

/**
 * Ends a stack's processes when this process dies, also by SIGKILL: a shell waits for the end of its input, which is
 * this process's, and then looks for leftovers. The returned function lets go without doing so.
 */
export function tieToThisProcess(dir: string): () => void {
  const script = 'while read -r _; do :; done; exec "$0" "$1" "$2"'
  const shell = spawn('/bin/sh', ['-c', script, nodeBinary, fileURLToPath(import.meta.url), dir], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  shell.unref()
  // The pipe alone must not keep this process alive.
  ;(shell.stdin as unknown as { unref(): void }).unref()
  shell.on('error', () => undefined)
  shell.stdin?.on('error', () => undefined)
  return () => void shell.kill('SIGKILL')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const layout = createLayout(process.argv[2]!)
  await endLeftovers(layout.dir, layout.dataDir)
}
