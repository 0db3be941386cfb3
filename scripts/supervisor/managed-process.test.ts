import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { makeFakeProcess, removeFakeServiceDirs } from './fake-service.ts'
import type { ManagedProcess } from './managed-process.ts'
import { isAlive, until } from './processes.ts'
import { waitUntilReady } from './readiness.ts'

const LIMIT_MS = 15_000
const started: ManagedProcess[] = []
const make = async (mode?: string) => {
  const process = await makeFakeProcess({ mode })
  started.push(process)
  return process
}
const reach = (process: ManagedProcess, state: string) => until(() => process.state === state, LIMIT_MS)
const ask = (process: ManagedProcess, path = '/') => fetch(`${process.status().url}${path}`).then((answer) => answer.text())

afterEach(async () => {
  await Promise.all(started.splice(0).map((process) => process.kill('SIGKILL', false)))
  removeFakeServiceDirs()
})

describe('a supervised process', () => {
  it('is ready once its operations port says so, and answers', async () => {
    const process = await make()
    process.start()
    expect(await reach(process, 'ready')).toBe(true)
    expect(await ask(process)).toBe('replica 1')
    expect(process.status()).toMatchObject({ restarts: 0, lastExit: null, pid: expect.any(Number), rssBytes: expect.any(Number) })
  })

  it('is never called ready while its operations port refuses', async () => {
    const process = await make('never-ready')
    process.start()
    expect(await until(() => ask(process).then(Boolean, () => false), LIMIT_MS)).toBe(true)
    expect(process.state).toBe('starting')
  })

  it('comes back after a crash, and the crash is shown', async () => {
    const process = await make()
    process.start()
    await reach(process, 'ready')
    const before = process.identity!
    await ask(process, '/crash').catch(() => undefined)
    expect(await until(() => process.state === 'ready' && process.identity?.pid !== before.pid, LIMIT_MS)).toBe(true)
    expect(process.status()).toMatchObject({ restarts: 1, lastExit: 'code 9' })
  })

  it('comes back after SIGKILL unless it is told to stay down', async () => {
    const process = await make()
    process.start()
    await reach(process, 'ready')
    await process.kill('SIGKILL', true)
    expect(await reach(process, 'ready')).toBe(true)
    expect(process.status().lastExit).toBe('signal SIGKILL')
    await process.kill('SIGKILL', false)
    expect(await reach(process, 'stopped')).toBe(true)
    await expect(ask(process)).rejects.toThrow()
  })

  it('really stops, and starts again', async () => {
    const process = await make()
    process.start()
    await reach(process, 'ready')
    const before = process.identity!
    await process.stop()
    expect(isAlive(before)).toBe(false)
    await expect(ask(process)).rejects.toThrow()
    process.start()
    expect(await reach(process, 'ready')).toBe(true)
  })

  it('stops also while it is paused', async () => {
    const process = await make()
    process.start()
    await reach(process, 'ready')
    process.setPaused(true)
    const before = process.identity!
    await process.stop()
    expect(isAlive(before)).toBe(false)
  })

  it('reports a crash loop with the end of its log', async () => {
    const process = await make('crash-at-start')
    process.start()
    const readLog = () => readFileSync(process.spec.logFile, 'utf8')
    await expect(waitUntilReady(() => [process], { timeoutMs: LIMIT_MS, readLog })).rejects.toThrow(/booking is not ready \(.*code 7\)[^]*no good reason/)
  })
})
