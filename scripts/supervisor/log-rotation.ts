import { copyFileSync, readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'

const SIZE_MAX_BYTES = 64 * 1024 * 1024
const EVERY_MS = 30_000

/** Keeps each log below a size: its content moves to `.1`, the file itself stays, since processes append to it. */
export function rotateLogs(dir: string): () => void {
  const timer = setInterval(() => rotateOnce(join(dir, 'logs')), EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}

function rotateOnce(logDir: string): void {
  for (const file of readdirSync(logDir).filter((name) => name.endsWith('.log'))) {
    const path = join(logDir, file)
    if (statSync(path).size < SIZE_MAX_BYTES) continue
    copyFileSync(path, `${path}.1`)
    truncateSync(path)
  }
}
