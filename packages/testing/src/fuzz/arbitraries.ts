import fc, { type Arbitrary } from 'fast-check'
import type { Schema } from './schema.ts'

/** Strings that have broken somebody's software before, all of them storable. */
const notorious = [
  "'; DROP TABLE booking; --",
  '<script>alert(1)</script>',
  '${7*7}',
  '../../etc/passwd',
  '%00',
  '\u202etxt.exe',
  '👩‍👩‍👧‍👦',
  'ﷺ',
  'İ',
  'ß',
  ' ',
  '\t\n',
  '-0',
  'null',
  'NaN',
  '0x10',
  '1e400',
  '__proto__',
]

export interface ArbitraryOptions {
  /** Ids that mean something to the application: half of all ids are taken from these. */
  ids: readonly string[]
}

/** Values that a schema accepts, its edges included. */
export function buildArbitrary(schema: Schema, options: ArbitraryOptions): Arbitrary<unknown> {
  const branches = schema.anyOf ?? schema.oneOf
  if (branches) return fc.oneof(...branches.map((branch) => buildArbitrary(branch, options)))
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  switch (schema.type) {
    case 'object':
      return buildObject(schema, options)
    case 'array':
      return buildArray(schema, options)
    case 'string':
      return buildString(schema, options)
    case 'integer':
      return fc.oneof(...bounds(schema).map((bound) => fc.constant(bound)), fc.integer({ min: lowest(schema), max: highest(schema) }))
    case 'number':
      return fc.double({ min: lowest(schema), max: highest(schema), noNaN: true, noDefaultInfinity: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    default:
      return fc.jsonValue({ maxDepth: 2 })
  }
}

function lowest({ minimum, exclusiveMinimum }: Schema): number {
  return Math.max(minimum ?? -2_147_483_648, exclusiveMinimum === undefined ? -Infinity : exclusiveMinimum + 1)
}

function highest({ maximum, exclusiveMaximum }: Schema): number {
  return Math.min(maximum ?? 2_147_483_647, exclusiveMaximum === undefined ? Infinity : exclusiveMaximum - 1)
}

function bounds(schema: Schema): number[] {
  return [lowest(schema), highest(schema)]
}

function buildObject(schema: Schema, options: ArbitraryOptions): Arbitrary<unknown> {
  const properties = Object.entries(schema.properties ?? {})
  if (properties.length === 0) {
    const [pattern] = Object.values(schema.patternProperties ?? {})
    return pattern ? fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), buildArbitrary(pattern, options), { maxKeys: 3 }) : fc.constant({})
  }
  const arbitraries = Object.fromEntries(properties.map(([name, property]) => [name, buildArbitrary(property, options)]))
  const values = fc.record(arbitraries, { requiredKeys: schema.required ?? [] })
  return schema.minProperties ? values.filter((value) => Object.keys(value).length >= schema.minProperties!) : values
}

function buildArray(schema: Schema, options: ArbitraryOptions): Arbitrary<unknown> {
  const minLength = schema.minItems ?? 0
  // Long lists are sent on purpose elsewhere; here they would only slow everything down.
  const maxLength = Math.max(minLength, Math.min(schema.maxItems ?? 4, 4))
  const item = buildArbitrary(schema.items ?? {}, options)
  return schema.uniqueItems
    ? fc.uniqueArray(item, { minLength, maxLength, comparator: (left, right) => JSON.stringify(left) === JSON.stringify(right) })
    : fc.array(item, { minLength, maxLength })
}

function buildString(schema: Schema, options: ArbitraryOptions): Arbitrary<string> {
  const { minLength = 0, maxLength = 200 } = schema
  const fits = (text: string) => [...text].length >= minLength && [...text].length <= maxLength
  if (schema.pattern) return fc.stringMatching(new RegExp(schema.pattern)).filter((text) => fits(text) && !text.includes('\0') && text.isWellFormed())
  const byFormat = buildFormat(schema.format, options)
  if (byFormat) return byFormat.filter(fits)
  const known = notorious.filter(fits)
  const any = fc
    .string({ unit: 'binary', minLength, maxLength: Math.min(maxLength, minLength + 40) })
    .map((text) => text.replaceAll('\0', '0'))
    .filter((text) => text.isWellFormed() && fits(text))
  const longest = fc.constantFrom('a', 'ä', '漢').map((letter) => letter.repeat(maxLength))
  return fc.oneof({ weight: 6, arbitrary: any }, ...(known.length > 0 ? [{ weight: 3, arbitrary: fc.constantFrom(...known) }] : []), {
    weight: 1,
    arbitrary: longest,
  })
}

/** Instants near now, so that rules are reached, and far ones. */
const dateTime = fc
  .tuple(
    fc.oneof(fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2028, 0, 1) }), fc.integer({ min: Date.UTC(1971, 0, 1), max: Date.UTC(9998, 0, 1) })),
    fc.constantFrom('Z', '+00:00', '-11:30', '+14:00'),
  )
  .map(([ms, offset]) => new Date(Math.round(ms / 900_000) * 900_000).toISOString().replace(/\.\d+Z$/, offset))

function buildFormat(format: string | undefined, { ids }: ArbitraryOptions): Arbitrary<string> | undefined {
  switch (format) {
    case 'uuid':
      return ids.length > 0 ? fc.oneof(fc.constantFrom(...ids), fc.uuid({ version: 7 })) : fc.uuid({ version: 7 })
    case 'date-time':
      return dateTime
    case 'date':
      return dateTime.map((instant) => instant.slice(0, 10))
    case 'email':
      return fc.emailAddress({ size: 'small' })
    case 'uri':
      return fc.webUrl()
    default:
      return undefined
  }
}
