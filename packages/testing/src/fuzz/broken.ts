import { textFormats } from '@alcove/contracts'
import { compileBody } from '@alcove/kit'
import fc, { type Arbitrary } from 'fast-check'
import { buildArbitrary, type ArbitraryOptions } from './arbitraries.ts'
import { toPointer, type Schema } from './schema.ts'

/** A value with known faults: the pointer of each. */
export interface Broken {
  value: unknown
  pointers: string[]
}

const junk: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e300,
  -1e300,
  '',
  ' ',
  'x',
  '2026-02-30T10:00:00Z',
  '2026-01-05',
  'UPPER-CASE',
  'x'.repeat(20_000),
  [],
  [null],
  [[[]]],
  {},
  { a: 1 },
  { __proto__: null },
]
const unknownNames = ['unknown', '__proto__', 'constructor', 'toString', 'a/b~c', 'ünï', ' ', 'id ', 'x'.repeat(100)]

const missing = Symbol('missing')

/** Values that a schema of an object refuses, at one or more places at once. */
export function buildBroken(schema: Schema, options: ArbitraryOptions): Arbitrary<Broken> {
  return brokenObject(schema, '', options).filter(({ pointers }) => pointers.length > 0)
}

function brokenObject(schema: Schema, pointer: string, options: ArbitraryOptions): Arbitrary<Broken> {
  const properties = Object.entries(schema.properties ?? {})
  const faults = properties.map(([name, property]) => {
    const isRequired = schema.required?.includes(name) ?? false
    return chooseFault(property, { pointer: toPointer(pointer, name), isRequired }, options)
  })
  const extra =
    schema.additionalProperties === false
      ? fc.uniqueArray(fc.constantFrom(...unknownNames.filter((name) => !(name in (schema.properties ?? {})) || name === 'constructor')), { maxLength: 2 })
      : fc.constant([])
  return fc.tuple(buildArbitrary(schema, options), fc.tuple(...faults), extra).map(([base, chosen, names]) => {
    const members = new Map(Object.entries(base as Record<string, unknown>))
    const pointers: string[] = []
    for (const [index, fault] of chosen.entries()) {
      if (!fault) continue
      const [name] = properties[index]!
      if (fault.value === missing) members.delete(name)
      else members.set(name, fault.value)
      pointers.push(...fault.pointers)
    }
    for (const name of names) {
      members.set(name, 1)
      pointers.push(toPointer(pointer, name))
    }
    // Keeps `__proto__` an own member, which an object literal would not.
    return { value: Object.fromEntries(members), pointers }
  })
}

/** undefined: the member stays as it is. */
function chooseFault(schema: Schema, place: { pointer: string; isRequired: boolean }, options: ArbitraryOptions): Arbitrary<Broken | undefined> {
  const refused = listRefused(schema)
  const { pointer } = place
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    ...(place.isRequired ? [{ weight: 1, arbitrary: fc.constant({ value: missing, pointers: [pointer] }) }] : []),
    ...(refused.length > 0 ? [{ weight: 3, arbitrary: fc.constantFrom(...refused).map((value) => ({ value, pointers: [pointer] })) }] : []),
    ...(schema.type === 'object' && schema.properties ? [{ weight: 3, arbitrary: brokenObject(schema, pointer, options) }] : []),
    ...(schema.type === 'array' && schema.items?.type === 'object' && (schema.maxItems ?? 1) > 0
      ? [{ weight: 3, arbitrary: brokenObject(schema.items, `${pointer}/0`, options).map(({ value, pointers }) => ({ value: [value], pointers })) }]
      : []),
  ) as Arbitrary<Broken | undefined>
}

function listRefused(schema: Schema): unknown[] {
  const accepts = compileBody(schema as never)
  return junk.filter((value) => !accepts(value))
}

/** Text of a query parameter that cannot be converted into what the schema wants. */
export function listRefusedTexts(schema: Schema): string[] {
  const target = schema.type === 'array' ? (schema.items ?? {}) : schema
  if (target.enum) return ['no-such-value', '']
  switch (target.type) {
    case 'integer':
      return [
        'abc',
        '1.5',
        '1e999',
        ...(target.maximum === undefined ? [] : [String(target.maximum + 1)]),
        ...(target.minimum === undefined ? [] : [String(target.minimum - 1)]),
      ]
    case 'number':
      return ['abc', '1.2.3']
    case 'boolean':
      return ['perhaps', '2']
    case 'string':
      return [
        ...(target.format && !(target.format in textFormats) ? ['no such format'] : []),
        ...(target.maxLength === undefined ? [] : ['x'.repeat(target.maxLength + 1)]),
        ...(target.minLength ? [''] : []),
        'nul\0',
      ]
    default:
      return []
  }
}
