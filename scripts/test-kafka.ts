import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { chooseWay } from './kafka/way.ts'
import { root } from './supervisor/layout.ts'

// `make test-kafka`: the events' tests on the broker of KAFKA_BROKERS, or on one started here; those that crash brokers
// always start their own. Arguments go to vitest.
const bin = join(root, 'node_modules/.bin')
/** Read by `.ci/run`. */
const report = join(root, 'node_modules/.cache/alcove/tests-kafka.json')

rmSync(report, { force: true })
try {
  chooseWay()
  if (spawnSync('openssl', ['version']).status !== 0) throw new Error('The tests of TLS make a certificate with openssl, and there is none here.')
} catch (error) {
  console.error((error as Error).message)
  process.exit(1)
}
const args = ['run', '--project', 'kafka', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)]
const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` }
process.exitCode = spawnSync(join(bin, 'vitest'), args, { cwd: root, env, stdio: 'inherit' }).status ?? 1
