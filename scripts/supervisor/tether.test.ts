import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './layout.ts'
import { identify, isAlive, until } from './processes.ts'
import { readState } from './state-file.ts'

/** Ties a directory with a running process to a child, which is then killed. */
async function killTied(remove: boolean): Promise<{ dir: string; wasEnded: boolean }> {
  const program = `
    import { spawn } from 'node:child_process'
    import { makeTemporaryDir } from './scripts/supervisor/layout.ts'
    import { identify } from './scripts/supervisor/processes.ts'
    import { writeState } from './scripts/supervisor/state-file.ts'
    import { tieToThisProcess } from './scripts/supervisor/tether.ts'
    const dir = makeTemporaryDir('alcove-tether-')
    const sleeper = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true })
    writeState(dir, { supervisor: undefined, processes: [identify(sleeper.pid)], postgres: undefined })
    tieToThisProcess(dir, { remove: ${remove} })
    console.log(dir + ' ' + sleeper.pid)
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const [dir, pid] = line.toString().trim().split(' ') as [string, string]
  const sleeper = identify(Number(pid))!
  expect(isAlive(sleeper)).toBe(true)
  child.kill('SIGKILL')
  return { dir, wasEnded: await until(() => !isAlive(sleeper) && (remove ? !existsSync(dir) : readState(dir) === undefined), 30_000) }
}

describe('a stack whose process is killed', () => {
  it('ends, and its data stay', async () => {
    const { dir, wasEnded } = await killTied(false)
    expect(wasEnded).toBe(true)
    expect(existsSync(join(dir, 'logs'))).toBe(true)
    rmSync(dir, { recursive: true })
  })

  it('ends, and takes its data along when they were temporary', async () => {
    expect((await killTied(true)).wasEnded).toBe(true)
  })
})
