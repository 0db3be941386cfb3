import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { graph } from '@alcove/graph'
import { readValuesSchema, type JsonSchema } from './annotated-values.ts'
import { readEnvironmentSchema } from './environment-schema.ts'

const dialect = { $schema: 'https://json-schema.org/draft-07/schema#' }
/** Held by another chart's schema: the library's for `global`, the service's own for its values. */
const elsewhere: JsonSchema = { type: 'object' }
/** The library's own values. Variables given here would pass by the schemas of the services, which know them. */
const defaults: JsonSchema = { type: 'object', properties: { env: { maxProperties: 0 }, secretEnv: { maxProperties: 0 }, extraEnv: { maxItems: 0 } } }

/** values.schema.json of every chart by path, from annotated values and from what the services' configuration reads. */
export async function renderSchemas(root: string): Promise<Map<string, string>> {
  const read = (chart: string) => readValuesSchema(readFileSync(join(root, 'charts', chart, 'values.yaml'), 'utf8'))
  const library = read('service')
  const files = new Map([[pathOf('service'), print({ title: 'Defaults of every service', ...library })]])
  for (const { name } of graph) files.set(pathOf(name), print(await describeService(root, { name, library, own: read(name) })))
  files.set(pathOf('alcove'), print(describeUmbrella(read('alcove'))))
  return files
}

const pathOf = (chart: string) => `charts/${chart}/values.schema.json`
const print = (schema: JsonSchema) => `${JSON.stringify({ ...dialect, ...schema }, null, 2)}\n`

async function describeService(root: string, { name, library, own }: { name: string; library: JsonSchema; own: JsonSchema }): Promise<JsonSchema> {
  const { env, secretNames, allNames } = await readEnvironmentSchema(root, name)
  const { global: _, ...shared } = library.properties!
  const secretEnv = { ...shared.secretEnv, propertyNames: { enum: secretNames } }
  // What a service reads has its bounds and its place; here it would have neither.
  const extraEnv = {
    ...shared.extraEnv,
    items: { ...(shared.extraEnv!.items as JsonSchema), properties: { name: { type: 'string', not: { enum: allNames } } } },
  }
  // What a service's chart says of a shared value is a default, not another shape.
  const extra = Object.fromEntries(Object.entries(own.properties!).filter(([key]) => !(key in shared)))
  return {
    title: `Values of ${name}`,
    type: 'object',
    properties: { ...shared, ...extra, env: { ...shared.env, ...env }, secretEnv, extraEnv, global: elsewhere, defaults },
    additionalProperties: false,
  }
}

function describeUmbrella(own: JsonSchema): JsonSchema {
  const services = Object.fromEntries(graph.map(({ name }) => [name, elsewhere]))
  return { title: 'Values of alcove', ...own, properties: { ...own.properties, ...services, global: elsewhere, defaults } }
}
