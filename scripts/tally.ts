import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// The last line of `.ci/run`: how many tests passed and failed. A test file that could not even be read and a check
// before the tests (their number is the argument) count as failures too, so that `0 failed` means what it says.
interface Report {
  readonly success: boolean
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[]
}

const directory = fileURLToPath(new URL('../node_modules/.cache/alcove/', import.meta.url))
const failedChecks = Number(process.argv[2] ?? 0)
// `tests.json` of `make test` must be there; `tests-redis.json` and the like are of the suites that need a server of their own.
const others = existsSync(directory) ? readdirSync(directory).filter((name) => /^tests-[a-z]+\.json$/.test(name)) : []
const tallies = ['tests.json', ...others].map((name) => countTests(join(directory, name)))
const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0)
const failed = tallies.reduce((sum, tally) => sum + tally.failed, failedChecks)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0

function countTests(file: string): { passed: number; failed: number } {
  if (!existsSync(file)) return { passed: 0, failed: 1 }
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report
  const unreadable = report.testResults.filter(
    (result) => result.status === 'failed' && result.assertionResults.every(({ status }) => status !== 'failed'),
  ).length
  // An error outside every test fails the run without failing a test.
  const stray = !report.success && report.numFailedTests + unreadable === 0 ? 1 : 0
  return { passed: report.numPassedTests, failed: report.numFailedTests + unreadable + stray }
}
