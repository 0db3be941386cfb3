import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeCrds } from '../published-schemas.ts'
import { root, run } from '../tools.ts'

// `pnpm charts:strimzi` (Java and Maven): makes the schemas of Strimzi's resources that the chart uses. Its API jar holds classes only, which its
// own generator turns into custom resource definitions. Only needed for a newer Strimzi or a new kind; what it writes is committed.
const model = 'io.strimzi.api.kafka.model'
const classes = [`${model}.kafka.Kafka`, `${model}.nodepool.KafkaNodePool`, `${model}.topic.KafkaTopic`, `${model}.user.KafkaUser`]
const target = join(root, 'test/charts/operators')
const dir = mkdtempSync(join(tmpdir(), 'alcove-strimzi-'))

try {
  run('mvn', ['-q', '-B', '-f', join(import.meta.dirname, 'pom.xml'), 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${dir}`])
  const files = classes.map((name) => join(dir, `${name}.yaml`))
  const outputs = classes.map((name, index) => `${name}=${files[index]}`)
  const versions = ['--api-versions', 'v1', '--storage-version', 'v1']
  run('java', ['-cp', join(dir, '*'), 'io.strimzi.crdgenerator.CrdGenerator', '--yaml', '--target-kube', '1.27+', ...versions, ...outputs])
  for (const file of files) writeCrds(readFileSync(file, 'utf8'), target)
} finally {
  rmSync(dir, { recursive: true, force: true })
}
