import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What became of one test file. */
export interface FileResult {
  /** From the root of the repository. */
  readonly name: string
  readonly passed: number
  /** Full names of the tests that failed. */
  readonly failed: readonly string[]
  /** It could not be read, a hook failed, its process died, or an error came from outside its tests. */
  readonly isBroken: boolean
}

/** What became of one run: read by `.ci/run` through `scripts/tally.ts`. */
export interface TestReport {
  readonly files: readonly FileResult[]
  /** Errors that belong to no file. */
  readonly strayErrors: number
  /** Files that failed among the others and passed alone, with what failed. */
  readonly flakes: readonly string[]
}

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly flakes: readonly string[]
}

/** Where the runs leave their reports: `tests.json` of `make test`, `tests-kafka.json` and so on of the others. */
export const reportFile = (root: string, suite?: string) => join(root, 'node_modules/.cache/alcove', suite ? `tests-${suite}.json` : 'tests.json')

export const isFailed = (file: FileResult): boolean => file.isBroken || file.failed.length > 0

export function readReport(path: string): TestReport | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as TestReport) : undefined
}

export function writeReport(path: string, report: TestReport): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, JSON.stringify(report))
}

export function removeReport(path: string): void {
  rmSync(path, { force: true })
}

/** A run that left no report, or found no test, is a failure. */
export function countReport(report: TestReport | undefined): Tally {
  if (!report || report.files.length === 0) return { passed: 0, failed: 1, flakes: [] }
  const passed = report.files.reduce((sum, file) => sum + file.passed, 0)
  const failed = report.files.reduce((sum, file) => sum + Math.max(file.failed.length, file.isBroken ? 1 : 0), report.strayErrors)
  return { passed, failed, flakes: report.flakes }
}

/** All reports in a directory; that of `make test` must be there. */
export function countReports(directory: string): Tally {
  const others = existsSync(directory) ? readdirSync(directory).filter((name) => /^tests-[a-z]+\.json$/.test(name)) : []
  const tallies = ['tests.json', ...others].map((name) => countReport(readReport(join(directory, name))))
  return {
    passed: tallies.reduce((sum, tally) => sum + tally.passed, 0),
    failed: tallies.reduce((sum, tally) => sum + tally.failed, 0),
    flakes: [...new Set(tallies.flatMap((tally) => tally.flakes))],
  }
}
