import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = join(root, 'node_modules/.bin')
const copy = mkdtempSync(join(tmpdir(), 'alcove-new-'))
const LIMIT_MS = 120_000

const run = (program: string, ...args: string[]) => {
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, NO_COLOR: '1', FORCE_COLOR: undefined, VITEST: undefined, TEST_DATABASE_URL: undefined }
  const { status, stdout, stderr } = spawnSync(join(bin, program), args, { cwd: copy, env, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

/** The repository as it stands, without what is not in it; installed packages are linked. */
function copyRepository(): void {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8', maxBuffer: 1e8 })
  for (const file of listed.split('\0').filter((path) => path !== '' && existsSync(join(root, path)))) {
    cpSync(join(root, file), join(copy, file), { recursive: true, verbatimSymlinks: true })
  }
  mkdirSync(join(copy, 'node_modules'))
  for (const entry of readdirSync(join(root, 'node_modules')).filter((name) => name !== '@alcove')) {
    symlinkSync(join(root, 'node_modules', entry), join(copy, 'node_modules', entry))
  }
  // Its links are relative: packages come from the copy.
  cpSync(join(root, 'node_modules/@alcove'), join(copy, 'node_modules/@alcove'), { recursive: true, verbatimSymlinks: true })
  for (const manifest of listed.split('\0').filter((path) => /^(packages|services)\/[^/]+\/package\.json$/.test(path))) {
    const modules = join(dirname(manifest), 'node_modules')
    if (existsSync(join(root, modules))) cpSync(join(root, modules), join(copy, modules), { recursive: true, verbatimSymlinks: true })
  }
}

beforeAll(() => {
  copyRepository()
  const made = run('node', 'scripts/new.ts', 'service', 'sample', '--no-install')
  expect(made, made.output).toMatchObject({ status: 0 })
  cpSync(join(root, 'services/user/node_modules'), join(copy, 'services/sample/node_modules'), { recursive: true, verbatimSymlinks: true })
  const generated = run('node', 'scripts/generate.ts')
  expect(generated, generated.output).toMatchObject({ status: 0 })
}, LIMIT_MS)
afterAll(() => rmSync(copy, { recursive: true, force: true }))

describe('a service from the template', () => {
  it(
    'passes its own tests',
    () => {
      const { status, output } = run('vitest', 'run', '--project', 'unit', 'services/sample')
      expect(status, output).toBe(0)
      expect(output).toMatch(/Tests .*\b[1-9]\d* passed/)
    },
    LIMIT_MS,
  )

  it(
    'has no type error, no lint error, and is formatted',
    () => {
      const include = ['services/sample', 'packages/contracts/src', 'packages/testing/src'].map((path) => `${path}/**/*.ts`)
      writeFileSync(join(copy, 'tsconfig.sample.json'), JSON.stringify({ extends: './tsconfig.json', include }))
      for (const [program, ...args] of [
        ['tsc', '--noEmit', '-p', 'tsconfig.sample.json'],
        ['oxlint', '--deny-warnings', 'services/sample', 'packages/contracts/src/sample.ts'],
        ['oxfmt', '--check', 'services/sample', 'packages/contracts/src/sample.ts'],
      ] as const) {
        const { status, output } = run(program, ...args)
        expect(status, output).toBe(0)
      }
    },
    LIMIT_MS,
  )

  it('is in the graph with a port of its own, and refused a second time', () => {
    expect(run('node', 'scripts/graph.ts', '--check').status).toBe(0)
    const again = run('node', 'scripts/new.ts', 'service', 'sample', '--no-install')
    expect(again).toMatchObject({ status: 1, output: expect.stringContaining('is there already') })
  })
})
