import { chmodSync, mkdtempSync } from 'node:fs'
import { lstat, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { stopLeftBehind } from '@alcove/database'

const PREFIX = 'alcove-tests-'

/** Where a run keeps its own PostgreSQL, below its directory. */
export const POSTGRES = 'postgres'

/**
 * Vitest's global setup: what the files of a run write to `os.tmpdir()` lies in one directory that goes with the run,
 * or, when the run was killed, with the next one. The projects of a run share it; a run within a run has its own.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  const own = `${PREFIX}${process.pid}-`
  if (basename(tmpdir()).startsWith(own)) return undefined
  const outer = process.env.TMPDIR
  await removeLeftBehind()
  const dir = mkdtempSync(join(tmpdir(), own))
  // Passable: started by root, a PostgreSQL below it runs as somebody else.
  chmodSync(dir, 0o711)
  process.env.TMPDIR = dir
  return async () => {
    if (outer === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = outer
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function removeLeftBehind(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length).split('-')[0]) : 0
    if (!owner || isAlive(owner)) continue
    const dir = join(tmpdir(), name)
    // Another user's is that user's to remove: nobody else may, and it is in nobody's way.
    if ((await lstat(dir).catch(() => undefined))?.uid !== process.getuid?.()) continue
    await stopLeftBehind(join(dir, POSTGRES))
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
