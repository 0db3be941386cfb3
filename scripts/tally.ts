import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// The last line of `.ci/run`: how many tests passed and failed. A test file that could not even be read and a check
// before the tests (their number is the argument) count as failures too, so that `0 failed` means what it says.
interface Report {
  readonly success: boolean
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[]
}

const file = fileURLToPath(new URL('../node_modules/.cache/alcove/tests.json', import.meta.url))
const failedChecks = Number(process.argv[2] ?? 0)
const report: Report = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as Report)
  : { success: false, numPassedTests: 0, numFailedTests: 1, testResults: [] }
const unreadable = report.testResults.filter(
  (result) => result.status === 'failed' && result.assertionResults.every(({ status }) => status !== 'failed'),
).length
// An error outside every test fails the run without failing a test.
const stray = !report.success && report.numFailedTests + unreadable === 0 ? 1 : 0
const failed = report.numFailedTests + unreadable + stray + failedChecks
console.log(`${report.numPassedTests} passed, ${failed} failed`)
process.exitCode = failed > 0 || report.numPassedTests === 0 ? 1 : 0
