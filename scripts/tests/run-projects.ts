import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { countReport, isFailed, readReport, removeReport, writeReport, type FileResult } from './report.ts'

export interface Run {
  /** Where vitest runs; its programs are this repository's. */
  readonly root: string
  readonly projects: readonly string[]
  readonly report: string
  /** For vitest: files, `-t` and so on. */
  readonly args: readonly string[]
  /** Whether a file that failed gets a second chance, alone. */
  readonly again: boolean
  /** Of the node that runs vitest; the environment is this process's. */
  readonly node?: string
}

/** More files than that fail together for a reason, and CI has an hour. */
const AGAIN_MAX = 6
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
const reporter = fileURLToPath(new URL('reporter.ts', import.meta.url))

/**
 * Runs projects of vitest and leaves a report; true if everything passed. With `again` a file that fails is run once
 * more, with nothing beside it: if it then passes it counts as passed and is named as a flake, else its first failure counts.
 */
export function runProjects(run: Run): boolean {
  const status = runVitest(run, run.report, run.args)
  const first = readReport(run.report)
  const failed = first?.files.filter(isFailed) ?? []
  if (!first || !run.again || failed.length === 0) return isPassed(run.report, status)
  if (failed.length > AGAIN_MAX) {
    console.log(`\n${failed.length} files failed: more than ${AGAIN_MAX}, so none is run again`)
    return false
  }
  const results = failed.map((file) => runAgain(run, file))
  const recovered = new Map(results.filter((file) => file !== undefined).map((file) => [file.name, file]))
  const flakes = failed.filter((file) => recovered.has(file.name)).map(describeFlake)
  writeReport(run.report, { ...first, files: first.files.map((file) => recovered.get(file.name) ?? file), flakes })
  printFlakes(flakes)
  return isPassed(run.report, 0)
}

export function printFlakes(flakes: readonly string[]): void {
  for (const flake of flakes) console.log(`FLAKE ${flake}`)
}

function isPassed(report: string, status: number | null): boolean {
  return status === 0 && countReport(readReport(report)).failed === 0
}

function runAgain(run: Run, file: FileResult): FileResult | undefined {
  console.log(`\n> ${file.name} failed: once more, alone`)
  const report = `${run.report}.again`
  const status = runVitest(run, report, [join(run.root, file.name)])
  const again = readReport(report)
  removeReport(report)
  const result = again?.files.find(({ name }) => name === file.name)
  return status === 0 && again?.strayErrors === 0 && result && !isFailed(result) ? result : undefined
}

function runVitest({ root, projects, node = process.execPath }: Run, report: string, args: readonly string[]): number | null {
  removeReport(report)
  const chosen = projects.flatMap((project) => ['--project', project])
  const all = [vitest, 'run', ...chosen, '--reporter=default', `--reporter=${reporter}`, ...args]
  return spawnSync(node, all, { cwd: root, env: { ...process.env, ALCOVE_TEST_REPORT: report }, stdio: 'inherit' }).status
}

const describeFlake = ({ name, failed }: FileResult) => (failed.length === 0 ? name : `${name}: ${failed.join('; ')}`)
