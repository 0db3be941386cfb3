import { chownSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import setup from '../src/temporary-dir.ts'

const outer = process.env.TMPDIR
let base: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'outer-'))
  process.env.TMPDIR = base
})
afterEach(() => {
  process.env.TMPDIR = outer
})

describe('the directory of a run', () => {
  it('goes with the run, and with the next one what a killed run of this user left, no living one’s and no other user’s', async () => {
    // No process has such an id: it is above what Linux gives.
    const [killed, foreign, living] = [`alcove-tests-${2 ** 30}-a`, `alcove-tests-${2 ** 30}-b`, `alcove-tests-${process.ppid}-c`].map((name) =>
      join(base, name),
    )
    for (const dir of [killed!, foreign!, living!]) mkdirSync(join(dir, 'postgres'), { recursive: true })
    if (process.getuid?.() === 0) chownSync(foreign!, 1, 1)
    const end = await setup()
    expect([killed!, living!].map((dir) => existsSync(dir))).toEqual([false, true])
    expect(existsSync(foreign!)).toBe(process.getuid?.() === 0)
    const own = process.env.TMPDIR!
    expect([own.startsWith(join(base, `alcove-tests-${process.pid}-`)), existsSync(own)]).toEqual([true, true])
    await end!()
    expect([process.env.TMPDIR, existsSync(own)]).toEqual([base, false])
  })
})
