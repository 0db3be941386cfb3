import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { chooseWay } from './kafka/way.ts'
import { root } from './supervisor/layout.ts'
import { removeReport, reportFile } from './tests/report.ts'
import { runProjects } from './tests/run-projects.ts'

// `make test-kafka`: the events' tests on the broker of KAFKA_BROKERS, or on one started here; those that crash brokers
// always start their own. Arguments go to vitest.
const report = reportFile(root, 'kafka')

removeReport(report)
try {
  chooseWay()
  if (spawnSync('openssl', ['version']).status !== 0) throw new Error('The tests of TLS make a certificate with openssl, and there is none here.')
} catch (error) {
  console.error((error as Error).message)
  process.exit(1)
}
process.env.PATH = `${join(root, 'node_modules/.bin')}:${process.env.PATH}`
process.exitCode = runProjects({ root, projects: ['kafka'], report, args: process.argv.slice(2), again: Boolean(process.env.CI) }) ? 0 : 1
