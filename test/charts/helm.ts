import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { buildTool, chartPath, kubeVersion, root } from '../../scripts/charts/tools.ts'

/** A Kubernetes object, as loosely as a test looks at it. */
export interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> }
  spec?: any
  [key: string]: any
}

/** What makes a pod, with a name to speak of it. */
export interface PodSource {
  name: string
  labels: Record<string, string>
  spec: any
}

export const valuesFiles = ['values.yaml', 'values-dev.yaml', 'values-staging.yaml', 'values-prod.yaml'] as const
/** Only rendered, a chart cannot keep what it made: the secrets exist already. */
export const namedImages = ['--set', 'global.image.tag=0.1.0']
export const onlyRendered = ['--set', 'secrets.existing=true', ...namedImages]
/** A proxy in front that the gateway believes, and no demo behind it. */
export const behindProxy = 'demo.enabled=false,gateway.env.TRUSTED_PROXY_HOPS=1,global.networkPolicies.edgeFrom[0].podSelector.matchLabels.app=proxy'

/** What Helm renders; or, refused, the sentence it says. */
export function template(chart: string, args: readonly string[] = []): { text: string; refusal?: string } {
  const fixed = ['template', 'alcove', chartPath(chart), '--namespace', 'alcove', '--kube-version', kubeVersion]
  const { status, stdout, stderr } = spawnSync(buildTool('helm'), [...fixed, ...args], { encoding: 'utf8', maxBuffer: 64 << 20 })
  return status === 0 ? { text: stdout } : { text: '', refusal: stderr }
}

/** The objects that a chart makes of these values; throws what Helm refuses. */
export function render(chart: string, args: readonly string[] = []): Manifest[] {
  const { text, refusal } = template(chart, args)
  if (refusal !== undefined) throw new Error(refusal)
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null)
}

/** What a large installation asks the operators for. */
export const largeValues = join(root, 'test/charts/values-operators.yaml')

export const valuesArgs = (file: string): string[] => ['--values', `${chartPath('alcove')}/${file}`]

export function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name)
  if (!found) throw new Error(`no ${kind} ${name} was rendered`)
  return found
}

/** Pods of everything that makes some, hooks too. */
export function listPods(manifests: readonly Manifest[]): PodSource[] {
  return manifests.flatMap((manifest) => {
    const name = `${manifest.kind} ${manifest.metadata.name}`
    if (manifest.kind === 'Pod') return [{ name, labels: manifest.metadata.labels ?? {}, spec: manifest.spec }]
    const made = manifest.spec?.template
    return made?.spec?.containers ? [{ name, labels: made.metadata.labels, spec: made.spec }] : []
  })
}
