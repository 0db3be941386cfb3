/** A JSON Schema (2020-12, which OpenAPI 3.1 uses) as plain JSON. */
export type JsonSchema = Record<string, unknown>

/** Gives schemas names and collects those that were referred to. */
export interface SchemaNamer {
  /** The schema with every named part replaced by a `$ref`. */
  refer(schema: unknown): JsonSchema
  /** Every named schema that was referred to, by name. */
  components(): Record<string, JsonSchema>
}

/**
 * Names what modules export as `XSchema` (`X`). Schemas are recognised by content, because making a member optional copies its
 * schema; only objects with members get a name, a bare string would gain nothing.
 */
export function createSchemaNamer(modules: readonly object[], extra: Record<string, unknown>): SchemaNamer {
  const names = new Map<string, string>()
  const used = new Map<string, JsonSchema>()
  const exported = modules.flatMap((module) => Object.entries(module)).filter(([name]) => name.endsWith('Schema'))
  const named = exported.map(([name, schema]): [string, unknown] => [name.slice(0, -'Schema'.length), schema])
  for (const [name, schema] of [...Object.entries(extra), ...named]) {
    const key = JSON.stringify(schema)
    if (isNameable(schema) && !names.has(key)) names.set(key, name)
  }

  function refer(schema: unknown): JsonSchema {
    const plain = JSON.parse(JSON.stringify(schema)) as JsonSchema
    return replace(plain) as JsonSchema
  }

  function replace(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(replace)
    if (typeof value !== 'object' || value === null) return value
    const name = names.get(JSON.stringify(value))
    if (name === undefined) return replaceMembers(value)
    if (!used.has(name)) {
      // Set before descending: a schema that holds itself ends here.
      used.set(name, {})
      used.set(name, replaceMembers(value) as JsonSchema)
    }
    return { $ref: `#/components/schemas/${name}` }
  }

  /** `const`, `enum`, `default` and `examples` hold values, not schemas. */
  function replaceMembers(value: object): unknown {
    const isValue = new Set(['const', 'enum', 'default', 'examples'])
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, isValue.has(key) ? member : replace(member)]))
  }

  return { refer, components: () => Object.fromEntries([...used].sort(([left], [right]) => (left < right ? -1 : 1))) }
}

function isNameable(schema: unknown): boolean {
  return (
    typeof schema === 'object' && schema !== null && (schema as JsonSchema).type === 'object' && Object.keys((schema as JsonSchema).properties ?? {}).length > 0
  )
}
