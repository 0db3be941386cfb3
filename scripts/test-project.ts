import { join } from 'node:path'
import { root } from './supervisor/layout.ts'
import { reportFile } from './tests/report.ts'
import { runProjects } from './tests/run-projects.ts'

// `make test-charts`, `make test-redis`, `make test-cluster`: one project, whose name is the first argument. The others go to vitest.
const [project, ...args] = process.argv.slice(2)
if (!project) throw new Error('which project? charts, redis or cluster')
process.env.PATH = `${join(root, 'node_modules/.bin')}:${process.env.PATH}`
process.exitCode = runProjects({ root, projects: [project], report: reportFile(root, project), args, again: Boolean(process.env.CI) }) ? 0 : 1
