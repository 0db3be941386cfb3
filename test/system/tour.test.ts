import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findPortBase, runScript } from './commands.ts'

const dir = mkdtempSync(join(tmpdir(), 'alcove-tour-'))
afterAll(() => {
  runScript(dir, 'alcove.ts', ['reset'])
  rmSync(dir, { recursive: true, force: true })
})

describe('make demo', () => {
  it('finds all that it says to be true, on the data that make up brings', async () => {
    const started = runScript(dir, 'alcove.ts', ['up'], { PORT_BASE: String(await findPortBase()) })
    expect(started, started.output).toMatchObject({ status: 0 })
    const tour = runScript(dir, 'demo/tour.ts')
    expect(tour, tour.output).toMatchObject({ status: 0, output: expect.stringMatching(/\d+ statements, all true/) })
  })
})
