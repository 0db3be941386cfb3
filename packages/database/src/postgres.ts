import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { locateServer, makeParents, resolveDataDir, type ServerFiles } from './postgres-files.ts'

/** Options of {@link startPostgres}. */
export interface StartPostgresOptions {
  dataDir: string
  port: number
  log?: { debug: (fields: object, message: string) => void }
  /** Tests only: no fsync; a crash of the machine may lose the whole cluster. */
  throwaway?: boolean
  /** Server settings over the defaults here, such as `{ max_connections: '400' }`. */
  settings?: Readonly<Record<string, string>>
}

/** A running embedded server. */
export interface Postgres {
  /** URL of the `postgres` database as superuser; replace the path for another database. */
  url: string
  pid: number
  /** Settles when the server's process has ended, for whatever reason. */
  exited: Promise<void>
  /** Fast shutdown: open transactions are rolled back, a checkpoint is written. */
  stop(): Promise<void>
}

const SUPERUSER = 'alcove'
const STARTED_LIMIT_MS = 60_000
const STOPPED_LIMIT_MS = 30_000

// Connections: nine services with three replicas and pools of eight, plus jobs and migrations.
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '300',
  shared_buffers: '256MB',
  // Inside the data directory: /dev/shm is 64 MB in many containers, and SIGKILL would leave files there.
  dynamic_shared_memory_type: 'mmap',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Without DETAIL and CONTEXT, which show rows and values.
  log_error_verbosity: 'terse',
  file_copy_method: 'clone',
}
const THROWAWAY_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/**
 * Starts the embedded PostgreSQL on 127.0.0.1, initialising the data directory the first time (UTF-8, builtin
 * collation, so the same on every machine). A server that a killed owner left behind on this data is stopped
 * first; a stale pid file of a killed server is removed. Throws with the server's last words if it cannot start.
 */
export async function startPostgres(options: StartPostgresOptions): Promise<Postgres> {
  const dataDir = await resolveDataDir(options.dataDir)
  const server = await locateServer(dataDir)
  await makeParents(dataDir)
  if (!existsSync(join(dataDir, 'PG_VERSION'))) await initialise(server, dataDir, options)
  await stopLeftBehind(dataDir)
  const settings = { ...SETTINGS, ...(options.throwaway ? THROWAWAY_SETTINGS : {}), ...options.settings }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  // Its own process group: Ctrl-C at a terminal reaches the owner, who stops it in order.
  const child = spawn(server.postgres, ['-D', dataDir, '-p', String(options.port), ...flags], {
    ...server.identity,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  })
  const lastLines = collectLines(child, options.log)
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const password = await readFile(join(dataDir, 'alcove.password'), 'utf8')
  const url = `postgres://${SUPERUSER}:${password}@127.0.0.1:${options.port}/postgres`
  await waitUntilReady(child, url, lastLines)
  return { url, pid: child.pid!, exited, stop: () => stop(child, exited) }
}

/** Initialises beside the target and renames, so a killed first start leaves nothing half made. */
async function initialise(server: ServerFiles, dataDir: string, options: StartPostgresOptions): Promise<void> {
  const fresh = `${dataDir}.initialising`
  const password = randomBytes(24).toString('base64url')
  const passwordFile = `${fresh}.password`
  await rm(fresh, { recursive: true, force: true })
  await rm(passwordFile, { force: true })
  await mkdir(fresh, { mode: 0o700 })
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (server.identity) {
    await chown(fresh, server.identity.uid, server.identity.gid)
    await chown(passwordFile, server.identity.uid, server.identity.gid)
  }
  const flags = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--auth=scram-sha-256', `--username=${SUPERUSER}`]
  if (options.throwaway) flags.push('--no-sync')
  const child = spawn(server.initdb, [`--pgdata=${fresh}`, `--pwfile=${passwordFile}`, ...flags], {
    ...server.identity,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  })
  const lastLines = collectLines(child, options.log)
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  if (code !== 0) throw new Error(`initdb failed: ${lastLines()}`)
  await rename(passwordFile, join(fresh, 'alcove.password'))
  await rm(dataDir, { recursive: true, force: true })
  await rename(fresh, dataDir)
}

/** Ends a server whose owner was killed, and removes the pid file of a killed server (its pid may be somebody else's by now). */
export async function stopLeftBehind(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid')
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8').split('\n')[0]) : 0
  if (!pid) return
  if (isServerOf(pid, dataDir)) {
    process.kill(pid, 'SIGINT')
    for (const limit = Date.now() + STOPPED_LIMIT_MS; isServerOf(pid, dataDir) && Date.now() < limit;) await sleep(50)
    if (isServerOf(pid, dataDir)) throw new Error(`a PostgreSQL server (pid ${pid}) still uses ${dataDir} and does not stop`)
    return
  }
  await rm(pidFile, { force: true })
}

function isServerOf(pid: number, dataDir: string): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    const [program, ...rest] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return program?.endsWith('postgres') === true && rest.includes(dataDir)
  } catch {
    // No /proc (macOS): a living pid in the file is taken for the server.
    return process.platform !== 'linux'
  }
}

async function waitUntilReady(child: ChildProcess, url: string, lastLines: () => string): Promise<void> {
  let failure: Error | undefined
  child.once('error', (error) => (failure = error))
  for (const limit = Date.now() + STARTED_LIMIT_MS; Date.now() < limit; await sleep(25)) {
    if (failure || child.exitCode !== null || child.signalCode !== null) throw new Error(`PostgreSQL did not start: ${failure?.message ?? lastLines()}`)
    if (await answers(url)) return
  }
  child.kill('SIGQUIT')
  throw new Error(`PostgreSQL was not ready in time: ${lastLines()}`)
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch {
    // Not up yet, or another server has our port and knows no such password: ours will then end, saying so.
    return false
  }
  await client.end()
  return true
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return exited
  child.kill('SIGINT')
  const timer = setTimeout(() => child.kill('SIGQUIT'), STOPPED_LIMIT_MS)
  await exited
  clearTimeout(timer)
}

/** Keeps the last lines of stderr for error messages. */
function collectLines(child: ChildProcess, log: StartPostgresOptions['log']): () => string {
  let tail = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-2000)
    log?.debug({ program: 'postgres' }, text.trimEnd())
  })
  // Does not keep the owner's process alive by itself.
  ;(child.stderr as unknown as { unref?: () => void })?.unref?.()
  return () => tail.trim()
}
