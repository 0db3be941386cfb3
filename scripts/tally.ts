import { dirname } from 'node:path'
import { root } from './supervisor/layout.ts'
import { countReports, reportFile } from './tests/report.ts'
import { printFlakes } from './tests/run-projects.ts'

// The last lines of `.ci/run`: which files failed among the others and passed alone, then how many tests passed and
// failed. A test file that could not even be read, an error outside all tests and a check besides the tests (their
// number is the first argument) count as failures too, so that `0 failed` means what it says. The second argument is
// where the reports lie, if not where the suites leave them.
const [failedChecks = '0', directory = dirname(reportFile(root))] = process.argv.slice(2)
const { passed, failed: failedTests, flakes } = countReports(directory)
const failed = failedTests + Number(failedChecks)
printFlakes(flakes)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
