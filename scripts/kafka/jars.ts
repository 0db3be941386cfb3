import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../supervisor/layout.ts'

const pom = join(root, 'scripts/kafka/pom.xml')

/** The directory of the broker's jars; Maven fetches them once for each content of pom.xml (45 MB). */
export function resolveJars(): string {
  const hash = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12)
  const target = join(root, `node_modules/.cache/alcove/kafka-jars-${hash}`)
  if (existsSync(target)) return target
  const part = `${target}.${process.pid}`
  mkdirSync(part, { recursive: true })
  const goal = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${part}`]
  const { status, stdout, stderr } = spawnSync('mvn', goal, { encoding: 'utf8' })
  if (status !== 0) {
    rmSync(part, { recursive: true, force: true })
    throw new Error(`Maven could not fetch the broker's jars:\n${stdout}${stderr}`)
  }
  // Whole or not at all, also when two begin at once.
  if (existsSync(target)) rmSync(part, { recursive: true })
  else renameSync(part, target)
  return target
}
