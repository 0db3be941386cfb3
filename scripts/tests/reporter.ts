import { relative } from 'node:path'
import type { Reporter, SerializedError, TestModule, Vitest } from 'vitest/node'
import { writeReport, type FileResult } from './report.ts'

/** Vitest's own JSON report knows nothing of errors outside all tests; this one counts them. */
export default class ReportWriter implements Reporter {
  #root = ''

  onInit(vitest: Vitest): void {
    this.#root = vitest.config.root
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const places = errors.map((error) => (error as { VITEST_TEST_PATH?: string }).VITEST_TEST_PATH)
    const paths = new Set(modules.map(({ moduleId }) => moduleId))
    const files = modules.map((module) => this.#toResult(module, places.includes(module.moduleId)))
    const strayErrors = places.filter((place) => place === undefined || !paths.has(place)).length
    writeReport(process.env.ALCOVE_TEST_REPORT!, { files, strayErrors, flakes: [] })
  }

  #toResult(module: TestModule, isBlamed: boolean): FileResult {
    const tests = [...module.children.allTests()]
    const failed = tests.filter((test) => test.result().state === 'failed').map((test) => test.fullName)
    const passed = tests.filter((test) => test.result().state === 'passed').length
    const isUnfinished = module.state() === 'pending' || module.state() === 'queued'
    const isBroken = isBlamed || isUnfinished || (module.state() === 'failed' && failed.length === 0)
    return { name: relative(this.#root, module.moduleId), passed, failed, isBroken }
  }
}
