import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// `make test`: what the linter and the compiler say, then every test, unit and whole system. Arguments go to vitest.
const root = fileURLToPath(new URL('..', import.meta.url))
const bin = join(root, 'node_modules/.bin')
/** Read by `.ci/run`. */
const report = join(root, 'node_modules/.cache/alcove/tests.json')

const steps: readonly (readonly string[])[] = [
  ['oxlint', '--deny-warnings'],
  ['tsc', '--noEmit'],
  [
    'vitest',
    'run',
    '--project',
    'unit',
    '--project',
    'system',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
]

mkdirSync(dirname(report), { recursive: true })
rmSync(report, { force: true })
// The pinned Node first: the tools' own launchers take whichever `node` they find.
const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` }
let failed = false
for (const [program, ...args] of steps) {
  console.log(`\n> ${program} ${args.join(' ').replaceAll(root, '')}`)
  const { status } = spawnSync(join(bin, program!), args, { cwd: root, env, stdio: 'inherit' })
  // All are run: who mends types also wants to know about tests.
  if (status !== 0) failed = true
}
process.exitCode = failed ? 1 : 0
