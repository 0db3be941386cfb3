import { textFormats, type TextFormat } from '@alcove/contracts'
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

/** What means something to the application: most values are taken from here, so that requests get beyond the first check. */

/** What means something to the application: most values are taken from here, so that requests get beyond the first check. */
export interface ArbitraryOptions {
  /** Of existing resources. */
  ids?: readonly string[]
  /** Of existing resources of one kind, by the member that names it (`spaceId`) or the path's segment before it (`spaces`). */
  idsByName?: Readonly<Record<string, readonly string[]>>
  /** Texts with a meaning: zones, tokens, currencies. */
  words?: readonly string[]
  /** Most instants are within a day and a half after this. */
  around?: string
}

/** The options inside a member of that name: only the ids that it may hold, where they are known. */
export function narrow(options: ArbitraryOptions, name: string): ArbitraryOptions {
  const ids = options.idsByName?.[name]
  return ids ? { ...options, ids } : options
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
  const arbitraries = Object.fromEntries(properties.map(([name, property]) => [name, buildArbitrary(property, narrow(options, name))]))
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

/** fast-check cannot make text for a pattern that looks ahead or behind, so there words are tried until they match. */
function buildMatching(pattern: RegExp, maxLength = 40): Arbitrary<string> {
  if (!/\(\?<?[=!]/.test(pattern.source)) return fc.stringMatching(pattern)
  const words = fc.array(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(' ').slice(0, maxLength))
  return fc.oneof({ weight: 5, arbitrary: words }, { weight: 1, arbitrary: fc.constantFrom(...notorious) }).filter((text) => pattern.test(text))
}

function buildString(schema: Schema, options: ArbitraryOptions): Arbitrary<string> {
  const { minLength = 0, maxLength = 200 } = schema
  const pattern = schema.pattern === undefined ? undefined : new RegExp(schema.pattern, 'u')
  const fits = (text: string) => {
    const length = [...text].length
    const isFit = schema.format !== undefined && schema.format in textFormats ? textFormats[schema.format as TextFormat](text) === undefined : true
    return isFit && length >= minLength && length <= maxLength && (pattern?.test(text) ?? true) && !text.includes('\0') && text.isWellFormed()
  }
  const byFormat = buildFormat(schema.format, options)
  if (byFormat) return byFormat.filter(fits)
  const words = (options.words ?? []).filter(fits)
  const known = notorious.filter(fits)
  const longest = ['a', 'ä', '漢'].map((letter) => letter.repeat(maxLength)).filter(fits)
  const any = pattern ? buildMatching(pattern, maxLength) : fc.string({ unit: 'binary', minLength, maxLength: Math.min(maxLength, minLength + 40) })
  return fc.oneof(
    { weight: 6, arbitrary: any.map((text) => text.replaceAll('\0', '0')).filter(fits) },
    ...[
      { weight: 12, texts: words },
      { weight: 3, texts: known },
      { weight: 1, texts: longest },
    ]
      .filter(({ texts }) => texts.length > 0)
      .map(({ weight, texts }) => ({ weight, arbitrary: fc.constantFrom(...texts) })),
  )
}

const quarterMs = 900_000
const toInstant = (ms: number, offset: string) => new Date(Math.round(ms / quarterMs) * quarterMs).toISOString().replace(/\.\d+Z$/, offset)

/** Instants that lie well for the application, and far ones. */
function buildInstant({ around = '2027-01-04T08:00:00Z' }: ArbitraryOptions): Arbitrary<string> {
  const near = fc.integer({ min: 0, max: 72 }).map((halfHours) => Date.parse(around) + halfHours * 2 * quarterMs)
  const far = fc.integer({ min: Date.UTC(1971, 0, 1), max: Date.UTC(9998, 0, 1) })
  return fc.oneof(
    { weight: 8, arbitrary: near.map((ms) => toInstant(ms, 'Z')) },
    { weight: 2, arbitrary: fc.tuple(far, fc.constantFrom('Z', '+00:00', '-11:30', '+14:00')).map(([ms, offset]) => toInstant(ms, offset)) },
  )
}

function buildFormat(format: string | undefined, options: ArbitraryOptions): Arbitrary<string> | undefined {
  const { ids = [] } = options
  switch (format) {
    case 'uuid':
      return fc.oneof({ weight: 1, arbitrary: fc.uuid({ version: 7 }) }, ...(ids.length > 0 ? [{ weight: 6, arbitrary: fc.constantFrom(...ids) }] : []))
    case 'date-time':
      return buildInstant(options)
    case 'date':
      return buildInstant(options).map((instant) => instant.slice(0, 10))
    case 'email':
      return fc.emailAddress({ size: 'small' })
    case 'uri':
      return fc.webUrl()
    default:
      return undefined
  }
}
