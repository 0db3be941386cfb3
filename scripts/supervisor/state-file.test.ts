import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { identify, isAlive, type ProcessIdentity } from './processes.ts'
import { endLeftovers, readState, writeState } from './state-file.ts'

const startSleeper = (): ProcessIdentity => identify(spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }).pid!)!
const parent = mkdtempSync(join(tmpdir(), 'alcove-state-'))
const makeDir = () => mkdtempSync(join(parent, 'stack-'))
afterAll(() => rmSync(parent, { recursive: true }))

describe('what a killed supervisor left behind', () => {
  it('is ended by its record', async () => {
    const dir = makeDir()
    const processes = [startSleeper(), startSleeper()]
    writeState(dir, { supervisor: undefined, processes, postgres: undefined })
    expect(await endLeftovers(dir, join(dir, 'postgres'))).toBe(2)
    expect(processes.filter(isAlive)).toEqual([])
    expect(readState(dir)).toBeUndefined()
  })

  it('never ends a later process that got the same pid', async () => {
    const dir = makeDir()
    const stranger = startSleeper()
    writeState(dir, { supervisor: undefined, processes: [{ ...stranger, startedAt: `${stranger.startedAt}0` }], postgres: undefined })
    expect(await endLeftovers(dir, join(dir, 'postgres'))).toBe(0)
    expect(isAlive(stranger)).toBe(true)
    process.kill(stranger.pid, 'SIGKILL')
  })

  it('is nothing where nothing ran', async () => {
    expect(await endLeftovers(makeDir(), '/nowhere')).toBe(0)
  })
})
