import { isMap, isScalar, isSeq, parseDocument, type Pair, type YAMLMap } from 'yaml'

/** JSON Schema, as far as it is used here. */
export interface JsonSchema {
  [keyword: string]: unknown
  type?: string | string[]
  properties?: Record<string, JsonSchema>
}

/**
 * The schema of an annotated values.yaml: the type of each default, the comment above it as description, and what a line
 * `@schema {…}` in that comment adds or replaces. Unknown keys are refused in every map that has keys of its own.
 * @throws {Error} naming the key whose default says nothing about its type
 */
export function readValuesSchema(text: string): JsonSchema {
  const document = parseDocument(text)
  if (document.errors.length > 0) throw document.errors[0]!
  if (document.contents === null) return { type: 'object', properties: {}, additionalProperties: false }
  if (!isMap(document.contents)) throw new Error('values are a map')
  return describeMap(document.contents, '')
}

function describeMap(map: YAMLMap, path: string): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  for (const [index, pair] of (map.items as Pair[]).entries()) {
    const { key } = pair
    if (!isScalar(key)) throw new Error(`a key below ${path || 'the root'} is no word`)
    // The parser gives the comment above the first key to the map.
    const comment = [index === 0 ? map.commentBefore : undefined, key.commentBefore].filter(Boolean).join('\n')
    properties[String(key.value)] = describeValue(pair.value, `${path}.${String(key.value)}`, readComment(comment))
  }
  return { type: 'object', properties, additionalProperties: false }
}

function describeValue(value: unknown, path: string, { description, added }: { description?: string; added: JsonSchema }): JsonSchema {
  const base: JsonSchema = description ? { description } : {}
  if (isMap(value)) {
    const inner = value.items.length === 0 ? { type: 'object', additionalProperties: { type: 'string' } } : describeMap(value, path)
    // An open map is only described; a closed one lists its keys.
    return 'additionalProperties' in added ? { ...base, ...added } : { ...inner, ...base, ...added }
  }
  if (isSeq(value)) return { ...base, type: 'array', ...added }
  const plain = isScalar(value) ? value.value : value
  const type = nameType(plain)
  if (type === undefined && added.type === undefined) throw new Error(`${path}: a default of ${String(plain)} needs a type in @schema`)
  return { ...base, ...(type && !('enum' in added) ? { type } : {}), ...added }
}

function nameType(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return typeof value
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return undefined
}

function readComment(comment: string): { description?: string; added: JsonSchema } {
  const lines = comment
    // Above a blank line stands what is said of several keys.
    .split(/\n\s*\n/)
    .at(-1)!
    .split('\n')
    .map((line) => line.trim())
  const words = lines
    .filter((line) => !line.startsWith('@schema'))
    .join(' ')
    // How helm-docs tells a description.
    .replace(/^-- /, '')
  const added = lines.filter((line) => line.startsWith('@schema')).map((line) => JSON.parse(line.slice('@schema'.length)) as JsonSchema)
  return { ...(words.trim() ? { description: words.trim() } : {}), added: Object.assign({}, ...added) as JsonSchema }
}
