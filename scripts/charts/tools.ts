import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const sources = join(root, 'charts/tools')

/** Programs of the chart checks by name, and the Go module file that pins each. */
const tools = {
  helm: ['.', 'helm.sh/helm/v3/cmd/helm'],
  'helm-unittest': ['.', 'github.com/helm-unittest/helm-unittest/cmd/helm-unittest'],
  'helm-docs': ['.', 'github.com/norwoodj/helm-docs/cmd/helm-docs'],
  kubeconform: ['.', 'github.com/yannh/kubeconform/cmd/kubeconform'],
  'check-config': ['.', './check-config'],
  'kube-score': ['score', 'github.com/zegl/kube-score/cmd/kube-score'],
} as const
export type Tool = keyof typeof tools
export const toolNames = Object.keys(tools) as Tool[]

/**
 * The path of a tool, built from the pinned modules when it is not there yet (minutes the first time).
 * @throws {Error} without Go, or with what the compiler said
 */
export function buildTool(name: Tool): string {
  const [folder, module] = tools[name]
  const directory = join(sources, folder)
  const stamp = createHash('sha256')
    .update(readFileSync(join(directory, 'go.sum')))
    .digest('hex')
    .slice(0, 12)
  const target = join(root, 'node_modules/.cache/alcove/chart-tools', stamp)
  const path = join(target, name)
  if (existsSync(path)) return path
  mkdirSync(target, { recursive: true })
  console.log(`building ${name} (once)`)
  // Built beside and moved: an interrupted build leaves no half of a program, and who builds it at the same time has a file of its own.
  const part = `${path}.${process.pid}`
  run('go', ['build', '-o', part, module], directory)
  renameSync(part, path)
  return path
}

/** Runs a program to its end and answers what it printed; throws with its error output otherwise. */
export function run(program: string, args: readonly string[], cwd = root): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 64 << 20 })
  if (error && (error as NodeJS.ErrnoException).code === 'ENOENT') throw new Error(`${program} is not installed and this needs it`)
  if (error) throw error
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stderr}${stdout}`)
  return stdout
}

/** Charts of the services, the library and the umbrella. */
export const chartPath = (name: string): string => join(root, 'charts', name)

/** A version of Kubernetes to render for: a Helm that was not built by its own release script knows none. */
export const kubeVersion = '1.34.0'
