import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './supervisor/layout.ts'
import { reportFile } from './tests/report.ts'
import { runProjects } from './tests/run-projects.ts'

// `make test`: what the linter and the compiler say, then every test, unit and whole system. Arguments go to vitest.
const bin = join(root, 'node_modules/.bin')
// The pinned Node first: the tools' own launchers take whichever `node` they find.
process.env.PATH = `${bin}:${process.env.PATH}`

let isPassed = true
// All are run: who mends types also wants to know about tests.
for (const [program, argument] of [
  ['oxlint', '--deny-warnings'],
  ['tsc', '--noEmit'],
] as const) {
  console.log(`\n> ${program} ${argument}`)
  if (spawnSync(join(bin, program), [argument], { cwd: root, stdio: 'inherit' }).status !== 0) isPassed = false
}
console.log('\n> vitest')
const run = { root, projects: ['unit', 'system'], report: reportFile(root), args: process.argv.slice(2), again: Boolean(process.env.CI) }
if (!runProjects(run)) isPassed = false
process.exitCode = isPassed ? 0 : 1
