import { findFreePort } from '@alcove/testing/free-ports'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { connect } from 'node:net'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    redisUrl: string
  }
}

const image = 'redis:7-bookworm'
const isThere = (program: string, ...args: string[]) => spawnSync(program, args, { stdio: 'ignore' }).status === 0

/** A real Redis for the run: the one at `REDIS_TEST_URL`, else one of `redis-server` on the path, else one in Docker. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.REDIS_TEST_URL
  if (given) {
    project.provide('redisUrl', given)
    return async () => undefined
  }
  const port = await findFreePort()
  const child = start(port)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await untilOpen(port, child)
  project.provide('redisUrl', `redis://127.0.0.1:${port}`)
  return async () => {
    child.kill('SIGTERM')
    await exited
  }
}

function start(port: number): ChildProcess {
  if (isThere('redis-server', '--version')) {
    return spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
  }
  if (isThere('docker', 'info')) return spawn('docker', ['run', '--rm', '--publish', `127.0.0.1:${port}:6379`, image], { stdio: 'ignore' })
  throw new Error('make test-redis needs redis-server on the path, Docker, or REDIS_TEST_URL')
}

async function untilOpen(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 600 && child.exitCode === null; tries += 1) {
    if (await isOpen(port)) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`Redis does not answer on port ${port}`)
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const settle = (open: boolean) => {
      socket.destroy()
      resolve(open)
    }
    socket.once('error', () => settle(false))
    socket.once('data', () => settle(true))
    // Docker accepts before Redis does: only an answer counts.
    socket.write('PING\r\n')
  })
}
