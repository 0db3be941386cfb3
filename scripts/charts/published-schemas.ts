import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { root, run } from './tools.ts'

/** Go modules that carry the schemas of resources which are not Kubernetes' own, at the versions that the charts are written for. */
const crdModules = [
  { module: 'github.com/cloudnative-pg/cloudnative-pg@v1.28.0', folder: 'config/crd/bases' },
  { module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0', folder: 'example/prometheus-operator-crd' },
  { module: 'sigs.k8s.io/gateway-api@v1.4.1', folder: 'config/crd/standard' },
  { module: 'github.com/argoproj/argo-cd/v2@v2.14.21', folder: 'manifests/crds' },
] as const

/** Where `skaffold.yaml` is described. */
const skaffoldModule = 'github.com/GoogleContainerTools/skaffold/v2@v2.16.1'

/** The published schema of a version of skaffold.yaml, such as `v4beta13`. */
export function readSkaffoldSchema(version: string): object {
  return JSON.parse(readFileSync(join(downloadModule(skaffoldModule), 'docs-v2/content/en/schemas', `${version}.json`), 'utf8')) as object
}

/** Where `compose.yaml` is described (Apache-2.0). */
const composeModule = 'github.com/compose-spec/compose-go/v2@v2.9.0'

/** The published schema of Compose files. */
export function readComposeSchema(): object {
  const { $schema: _, ...schema } = JSON.parse(readFileSync(join(downloadModule(composeModule), 'schema/compose-spec.json'), 'utf8')) as { $schema?: string }
  return schema
}

interface Crd {
  kind: string
  spec: { group: string; names: { kind: string }; versions: { name: string; schema?: { openAPIV3Schema: Schema } }[] }
}

/** The folder of a Go module's source, downloaded when it is not there yet and checked against the public checksum database. */
function downloadModule(module: string): string {
  return (JSON.parse(run('go', ['mod', 'download', '-json', module])) as { Dir: string }).Dir
}

/** Writes the schemas of all custom resources where kubeconform looks (`<group>/<kind>_<version>.json`) and answers the folder. */
export function writeCrdSchemas(): string {
  const target = join(root, 'node_modules/.cache/alcove/crd-schemas')
  for (const { module, folder } of crdModules) {
    const source = join(downloadModule(module), folder)
    for (const file of readdirSync(source).filter((name) => name.endsWith('.yaml'))) writeCrds(readFileSync(join(source, file), 'utf8'), target)
  }
  return target
}

/** Writes the schemas of the CRDs in a YAML text. */
export function writeCrds(text: string, target: string): void {
  const crds = parseAllDocuments(text)
    .map((document) => document.toJS() as Crd | null)
    .filter((crd): crd is Crd => crd?.kind === 'CustomResourceDefinition')
  for (const { spec } of crds) {
    mkdirSync(join(target, spec.group), { recursive: true })
    for (const { name, schema } of spec.versions) {
      if (!schema) continue
      const path = join(target, spec.group, `${spec.names.kind.toLowerCase()}_${name}.json`)
      writeFileSync(path, JSON.stringify(closeObjects(schema.openAPIV3Schema)))
    }
  }
}

/**
 * Refuses unknown fields, as the API server does in strict validation, and leaves out what only people read. What stands
 * below `anyOf` and its like adds conditions to an object that is described elsewhere and stays open.
 */
export function closeObjects(schema: Schema): Schema {
  const { description: _, default: __, ...closed } = schema
  if (schema.properties) closed.properties = Object.fromEntries(Object.entries(schema.properties).map(([name, value]) => [name, closeObjects(value)]))
  if (isSchema(schema.items)) closed.items = closeObjects(schema.items)
  if (isSchema(schema.additionalProperties)) closed.additionalProperties = closeObjects(schema.additionalProperties)
  else if (schema.properties && schema['x-kubernetes-preserve-unknown-fields'] !== true) closed.additionalProperties = false
  return closed
}

export interface Schema {
  properties?: Record<string, Schema>
  items?: unknown
  additionalProperties?: unknown
  [keyword: string]: unknown
}

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value)
