import { execFileSync } from 'node:child_process'
import { chmod, lstat, mkdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { findFreePort } from '@alcove/testing/free-ports'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPool, removePostgres, resolveDataDir, startPostgres, type Postgres } from '../src/index.ts'

let dataDir: string
let port: number
const servers: Postgres[] = []

beforeEach(async () => {
  dataDir = join(tmpdir(), `alcove-postgres-test-${randomBytes(6).toString('hex')}`)
  port = await findFreePort()
})
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
  await removePostgres(dataDir)
})

async function start(options: { throwaway?: boolean } = { throwaway: true }): Promise<Postgres> {
  const server = await startPostgres({ dataDir, port, ...options })
  servers.push(server)
  return server
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const pool = createPool({ url, max: 1 })
  try {
    return (await pool.query(sql)).rows
  } finally {
    await pool.end()
  }
}

describe('startPostgres', () => {
  it('keeps its data over a stop and start, is durable by default, and listens on this machine only', async () => {
    const first = await start({})
    await query(first.url, 'CREATE TABLE kept (n int)')
    await query(first.url, 'INSERT INTO kept VALUES (1)')
    await first.stop()
    const second = await start({})
    expect(second.url).toBe(first.url)
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }])
    expect(await query(second.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }])
    expect(await query(second.url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }])
    expect(await query(second.url, "SELECT lower('ÄÖÜ') AS lower, current_setting('TimeZone') AS zone")).toEqual([{ lower: 'äöü', zone: 'UTC' }])
    await expect(query(second.url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow('password authentication failed')
  })

  it('starts again after it was killed, whatever process has its pid by then', async () => {
    const killed = await start({})
    await query(killed.url, 'CREATE TABLE kept (n int)')
    const pidFile = join(dataDir, 'postmaster.pid')
    const stale = await readFile(pidFile, 'utf8')
    process.kill(killed.pid, 'SIGKILL')
    await killed.exited
    await writeFile(pidFile, stale.replace(String(killed.pid), String(process.pid)))
    const next = await start()
    expect(await query(next.url, 'SELECT n FROM kept')).toEqual([])
  })

  it('ends a server that its owner left behind and takes its place', async () => {
    const left = await start()
    const next = await start()
    await left.exited
    expect(await query(next.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
  })

  it('runs below closed folders and under a closed umask, for root as whoever has the data', async () => {
    // Where this process is not root, the server is this user's own.
    const owner = process.getuid?.() === 0 ? 1 : process.getuid!()
    const umask = process.umask(0o077)
    try {
      for (const parents of ['open/new', 'closed/new']) {
        const dir = join(dataDir, parents)
        await mkdir(join(dir, '..'), { recursive: true })
        await chmod(dataDir, 0o755)
        await chmod(join(dir, '..'), parents.startsWith('open') ? 0o755 : 0o700)
        const options = { dataDir: join(dir, 'data'), port, throwaway: true }
        const first = await startPostgres(options)
        servers.push(first)
        await query(first.url, 'CREATE TABLE kept (n int)')
        await first.stop()
        const real = await resolveDataDir(options.dataDir)
        execFileSync('chown', ['-R', String(owner), real])
        const second = await startPostgres(options)
        servers.push(second)
        expect(await query(second.url, 'SELECT n FROM kept')).toEqual([])
        expect((await lstat(real)).uid).toBe(owner)
        await second.stop()
        await removePostgres(options.dataDir)
      }
    } finally {
      process.umask(umask)
    }
  })

  it('says why when the port is in use', async () => {
    const holder = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1')
    await expect(startPostgres({ dataDir, port, throwaway: true })).rejects.toThrow(/could not bind|Address already in use/)
    await new Promise((resolve) => holder.close(resolve))
  })
})
