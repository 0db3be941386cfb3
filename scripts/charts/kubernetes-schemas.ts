import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { closeObjects, type Schema } from './published-schemas.ts'
import { root, run } from './tools.ts'

// `pnpm charts:schemas`: takes the schemas of the kinds that the charts use from the API server of the current context.
// Only needed when a new kind or a newer Kubernetes is used; what it writes is committed.
const kinds: Readonly<Record<string, readonly string[]>> = {
  'api/v1': ['ConfigMap', 'Namespace', 'Pod', 'Secret', 'Service', 'ServiceAccount'],
  'apis/apps/v1': ['Deployment', 'StatefulSet'],
  'apis/autoscaling/v2': ['HorizontalPodAutoscaler'],
  'apis/batch/v1': ['Job'],
  'apis/networking.k8s.io/v1': ['Ingress', 'NetworkPolicy'],
  'apis/policy/v1': ['PodDisruptionBudget'],
  'apis/rbac.authorization.k8s.io/v1': ['Role', 'RoleBinding'],
}
const target = join(root, 'test/charts/kubernetes')
const reference = '#/components/schemas/'

interface GroupVersionKind {
  group: string
  version: string
  kind: string
}

rmSync(target, { recursive: true, force: true })
for (const [path, names] of Object.entries(kinds)) {
  const { components } = JSON.parse(run('kubectl', ['get', '--raw', `/openapi/v3/${path}`])) as { components: { schemas: Record<string, Schema> } }
  for (const kind of names) writeKind(components.schemas, kind)
}
const { gitVersion } = JSON.parse(run('kubectl', ['get', '--raw', '/version'])) as { gitVersion: string }
writeFileSync(
  join(target, 'README.md'),
  `Schemas of Kubernetes ${gitVersion}, as its API server publishes them, closed and without descriptions: \`pnpm charts:schemas\`.\n`,
)

function writeKind(schemas: Record<string, Schema>, kind: string): void {
  const found = Object.entries(schemas).find(([, schema]) =>
    (schema['x-kubernetes-group-version-kind'] as GroupVersionKind[] | undefined)?.some((gvk) => gvk.kind === kind),
  )
  if (!found) throw new Error(`the API server describes no ${kind}`)
  const [name, schema] = found
  const [{ group, version }] = schema['x-kubernetes-group-version-kind'] as [GroupVersionKind]
  const used = collect(schemas, name)
  const closed = Object.fromEntries([...used].toSorted().map((each) => [each, closeObjects(schemas[each]!)]))
  mkdirSync(join(target, group || 'core'), { recursive: true })
  const path = join(target, group || 'core', `${kind.toLowerCase()}_${version}.json`)
  writeFileSync(path, `${JSON.stringify({ $ref: `${reference}${name}`, components: { schemas: closed } })}\n`)
}

/** A schema and all that it refers to. */
function collect(schemas: Record<string, Schema>, name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found
  found.add(name)
  for (const [, next] of JSON.stringify(schemas[name]).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) collect(schemas, next!, found)
  return found
}
