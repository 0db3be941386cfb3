import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeBinary, root } from '../supervisor/layout.ts'

let dir: string
const once = (name: string) => `import { existsSync, writeFileSync } from 'node:fs'
const marker = new URL('${name}.ran', import.meta.url)
const isFirst = !existsSync(marker)
writeFileSync(marker, '')
`

/** A repository of its own with the project `unit`; tests take `it` and `expect` from the globals, for there is no vitest to import. */
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'alcove-run-projects-'))
  for (const folder of ['reports', 'test']) mkdirSync(join(dir, folder))
  write('vitest.config.mjs', `export default { test: { globals: true, projects: [{ test: { name: 'unit', globals: true, include: ['test/*.test.mjs'] } }] } }`)
  write('test/steady.test.mjs', `it('is steady', () => {}); it('is steady too', () => {})`)
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const write = (name: string, text: string) => writeFileSync(join(dir, name), text)

/** As `.ci/run` does: the run, then the tally of its report. */
function run({ again = true, failedChecks = 0 } = {}) {
  const module = join(root, 'scripts/tests/run-projects.ts')
  const options = { root: dir, projects: ['unit'], report: join(dir, 'reports/tests.json'), args: [], again }
  const code = `import { runProjects } from ${JSON.stringify(module)}; process.exitCode = runProjects(${JSON.stringify(options)}) ? 0 : 1`
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' }
  const made = spawnSync(nodeBinary, ['--input-type=module', '-e', code], { encoding: 'utf8', env })
  const tally = spawnSync(nodeBinary, [join(root, 'scripts/tally.ts'), String(failedChecks), join(dir, 'reports')], { encoding: 'utf8' })
  return { status: made.status, output: made.stdout, last: tally.stdout.trimEnd().split('\n'), tallyStatus: tally.status }
}

describe('a run of tests, and its tally', () => {
  it('passes when all passes, and nothing is run again', () => {
    const { status, output, last, tallyStatus } = run()
    expect([status, tallyStatus], output).toEqual([0, 0])
    expect(last).toEqual(['2 passed, 0 failed'])
    expect(output).not.toContain('once more')
  })

  it('names a file that fails among the others and passes alone, and passes', () => {
    write('test/shaky.test.mjs', `${once('shaky')}describe('shaky', () => { it('stands', () => { expect(isFirst).toBe(false) }); it('holds', () => {}) })`)
    write('test/hooked.test.mjs', `${once('hooked')}beforeAll(() => { if (isFirst) throw new Error('no hook') }); it('is hooked', () => {})`)
    write('test/unreadable.test.mjs', `${once('unreadable')}if (isFirst) throw new Error('no file')\nit('is read', () => {})`)
    const { status, last, tallyStatus, output } = run()
    expect([status, tallyStatus], output).toEqual([0, 0])
    expect(last.slice(0, -1).toSorted()).toEqual(['FLAKE test/hooked.test.mjs', 'FLAKE test/shaky.test.mjs: shaky > stands', 'FLAKE test/unreadable.test.mjs'])
    expect(last.at(-1)).toBe('6 passed, 0 failed')
  })

  it('counts what fails both times, once, beside what recovers', () => {
    write('test/shaky.test.mjs', `${once('shaky')}it('stands', () => { expect(isFirst).toBe(false) })`)
    write('test/broken.test.mjs', `it('is broken', () => { throw new Error('always') }); it('works', () => {})`)
    write('test/unreadable.test.mjs', `throw new Error('no file')`)
    const { status, last, tallyStatus } = run()
    expect([status, tallyStatus]).toEqual([1, 1])
    expect(last).toEqual(['FLAKE test/shaky.test.mjs: stands', '4 passed, 2 failed'])
  })

  it('runs it alone: no other file is run again', () => {
    const list = JSON.stringify(join(dir, 'list'))
    const note = (name: string) => `import { appendFileSync } from 'node:fs'\nappendFileSync(${list}, '${name} ')\n`
    write('test/steady.test.mjs', `${note('steady')}it('is steady', () => {})`)
    write('test/shaky.test.mjs', `${note('shaky')}${once('shaky')}it('stands', () => { expect(isFirst).toBe(false) })`)
    // A name that contains the other's.
    write('test/not-shaky.test.mjs', `${note('not-shaky')}it('stands', () => {})`)
    expect(run().last).toEqual(['FLAKE test/shaky.test.mjs: stands', '3 passed, 0 failed'])
    expect(readFileSync(join(dir, 'list'), 'utf8').trim().split(' ').toSorted()).toEqual(['not-shaky', 'shaky', 'shaky', 'steady'])
  })

  it('gives no second chance where none is asked for, nor to more files than chance can break', () => {
    write('test/shaky.test.mjs', `${once('shaky')}it('stands', () => { expect(isFirst).toBe(false) })`)
    expect(run({ again: false })).toMatchObject({ status: 1, last: ['2 passed, 1 failed'], tallyStatus: 1 })
    for (let n = 0; n < 7; n += 1) write(`test/shaky${n}.test.mjs`, `${once(`shaky${n}`)}it('stands', () => { expect(isFirst).toBe(false) })`)
    const { status, last, output } = run()
    expect({ status, last }, output).toEqual({ status: 1, last: ['3 passed, 7 failed'] })
  })

  it('counts an error outside every test: of a file as that file’s, else as one more', () => {
    write(
      'test/loose.test.mjs',
      `it('passes', () => { setTimeout(() => { throw new Error('later') }, 0) }); it('waits', () => new Promise((r) => setTimeout(r, 300)))`,
    )
    expect(run()).toMatchObject({ status: 1, last: ['4 passed, 1 failed'], tallyStatus: 1 })
  })

  it('counts failed checks, and a run without a report or a test', () => {
    expect(run({ failedChecks: 2 })).toMatchObject({ status: 0, last: ['2 passed, 2 failed'], tallyStatus: 1 })
    rmSync(join(dir, 'test/steady.test.mjs'))
    expect(run()).toMatchObject({ status: 1, last: ['0 passed, 1 failed'], tallyStatus: 1 })
    rmSync(join(dir, 'reports/tests.json'), { force: true })
    const tally = () => execFileSync(nodeBinary, [join(root, 'scripts/tally.ts'), '0', join(dir, 'reports')], { encoding: 'utf8', stdio: 'pipe' })
    expect(tally).toThrow()
  })

  it('adds up the reports of all suites', () => {
    const report = (name: string, passed: number, failed: string[], flakes: string[] = []) =>
      write(`reports/${name}.json`, JSON.stringify({ files: [{ name: 'x', passed, failed, isBroken: false }], strayErrors: 0, flakes }))
    report('tests', 10, [], ['a.test.ts'])
    report('tests-kafka', 5, ['one'], ['b.test.ts'])
    const tally = spawnSync(nodeBinary, [join(root, 'scripts/tally.ts'), '0', join(dir, 'reports')], { encoding: 'utf8' })
    expect(tally.stdout).toBe('FLAKE a.test.ts\nFLAKE b.test.ts\n15 passed, 1 failed\n')
  })
})
