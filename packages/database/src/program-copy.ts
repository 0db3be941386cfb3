import { copyFile, chmod, lstat, mkdir, mkdtemp, readdir, readlink, rename, rm, symlink, utimes } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

const STAGING = '.staging-'
/** No copy takes this long; what is older belongs to a starter that was killed. */
const STAGING_AGE_MS = 600_000

/**
 * Makes `target` a copy of `source` that every user of the machine may read and run, whatever the umask. Repeatable:
 * what is there and equal stays; what is missing, cut short, or a link to somewhere else is put in its place again, so
 * a copy that an earlier version or a cleaner of temporary files broke heals. Each entry is replaced in one step, so
 * other starters may do the same at the same time, and a server that runs from the copy is not disturbed.
 * Throws when `target` is not a directory of this user's own, for then somebody else could exchange the programs.
 */
export async function copyPrograms(source: string, target: string): Promise<void> {
  await mkdir(target, { mode: 0o755 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  const found = await lstat(target)
  if (!found.isDirectory() || found.uid !== process.getuid?.()) throw new Error(`${target} belongs to somebody else; remove it`)
  await chmod(target, 0o755)
  await removeStale(target)
  const staging = await mkdtemp(join(target, STAGING))
  try {
    for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
      const from = join(entry.parentPath, entry.name)
      const to = join(target, from.slice(resolve(source).length))
      if (entry.isDirectory()) await copyDirectory(to)
      else if (entry.isSymbolicLink()) await copyLink(from, to, staging)
      else await copyProgram(from, to, staging)
    }
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** Always passable: a umask of 077 would close it. */
async function copyDirectory(to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  await chmod(to, 0o755)
}

/** As it is written: a relative link made absolute would lead back into the folder that others may not enter. */
async function copyLink(from: string, to: string, staging: string): Promise<void> {
  const goal = await readlink(from)
  if ((await readlink(to).catch(() => undefined)) === goal) return
  const fresh = join(staging, basename(to))
  await symlink(goal, fresh)
  await putInPlace(fresh, to)
}

/** Equal is what has the same size and time of change, and may be read: the copy takes over the original's time. */
async function copyProgram(from: string, to: string, staging: string): Promise<void> {
  const original = await lstat(from)
  const mode = (original.mode & 0o111) === 0 ? 0o644 : 0o755
  const copy = await lstat(to).catch(() => undefined)
  const isEqual = copy?.isFile() && copy.size === original.size && toSeconds(copy.mtimeMs) === toSeconds(original.mtimeMs) && (copy.mode & 0o777) === mode
  if (isEqual) return
  const fresh = join(staging, basename(to))
  await copyFile(from, fresh)
  await chmod(fresh, mode)
  await utimes(fresh, toSeconds(original.mtimeMs), toSeconds(original.mtimeMs))
  await putInPlace(fresh, to)
}

const toSeconds = (ms: number) => Math.floor(ms / 1000)

async function putInPlace(fresh: string, to: string): Promise<void> {
  await rename(fresh, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EISDIR') throw error
    // A directory where a file belongs is nothing that we made.
    throw new Error(`${to} is a directory; remove ${dirname(to)}`)
  })
}

async function removeStale(target: string): Promise<void> {
  for (const name of await readdir(target)) {
    if (!name.startsWith(STAGING)) continue
    const stale = join(target, name)
    const found = await lstat(stale).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > STAGING_AGE_MS) await rm(stale, { recursive: true, force: true })
  }
}
