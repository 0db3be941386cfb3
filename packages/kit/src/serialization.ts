type JsonSchema = Record<string, unknown>

/**
 * Rewrites an answer's schema to forms the compiled serializer (fast-json-stringify) writes directly: `anyOf [X, null]` becomes
 * `nullable`, a set of words gets its type. Left as they are, each such member would be validated again for every answer.
 */
export function prepareResponseSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(prepareResponseSchema)
  if (typeof schema !== 'object' || schema === null) return schema
  const copy: JsonSchema = {}
  for (const [key, value] of Object.entries(schema)) copy[key] = key === 'enum' || key === 'const' || key === 'default' ? value : prepareResponseSchema(value)
  if (Array.isArray(copy.enum) && copy.type === undefined && copy.enum.every((word) => typeof word === 'string')) copy.type = 'string'
  const branches = copy.anyOf as JsonSchema[] | undefined
  const other = branches?.length === 2 ? branches.find((branch) => branch.type !== 'null') : undefined
  if (branches && other && typeof other.type === 'string' && branches.some((branch) => branch.type === 'null')) {
    const { anyOf: _, ...rest } = copy
    return { ...rest, ...other, nullable: true }
  }
  return copy
}
