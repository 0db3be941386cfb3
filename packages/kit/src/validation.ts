import { textFormats, type TextFormat } from '@alcove/contracts'
import type { TSchema } from 'typebox'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { FieldError } from './errors.ts'

const dateTimeForm = /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i
const lastInstantMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** RFC 3339 with an existing calendar day, from 1970 to 9999: what every database column and formatter can hold. No leap second. */
export function isDateTime(value: string): boolean {
  const parts = dateTimeForm.exec(value)
  if (!parts) return false
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  if (month < 1 || month > 12 || day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return false
  const ms = Date.parse(value.toUpperCase())
  return ms >= 0 && ms <= lastInstantMs
}

/** A calendar date that exists, from 1970 to 9999. */
export function isDate(value: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(value) && isDateTime(`${value}T00:00:00Z`)
}

function createAjv(coerce: boolean): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    // Errors then carry the value itself, from which the detail of a refused name is made.
    verbose: true,
    strict: false,
    removeAdditional: false,
    discriminator: true,
    coerceTypes: coerce ? 'array' : false,
    useDefaults: coerce,
  })
  addFormats.default(ajv)
  ajv.addFormat('date-time', { type: 'string', validate: isDateTime })
  ajv.addFormat('date', { type: 'string', validate: isDate })
  // One spelling of each id: an upper-case one would miss keys that hold the canonical form.
  ajv.addFormat('uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
  for (const [name, describe] of Object.entries(textFormats)) ajv.addFormat(name, { type: 'string', validate: (value) => describe(value) === undefined })
  return ajv
}
const strictAjv = createAjv(false)
const coercingAjv = createAjv(true)

type JsonSchema = Record<string, unknown>

/** The member whose constant tells the branches of a union apart, if there is one. */
function findDiscriminator(branches: JsonSchema[]): string | undefined {
  const first = branches[0]?.properties as Record<string, JsonSchema> | undefined
  return Object.keys(first ?? {}).find((name) =>
    branches.every((branch) => {
      const member = (branch.properties as Record<string, JsonSchema> | undefined)?.[name]
      return member && ('const' in member || 'enum' in member) && Array.isArray(branch.required) && branch.required.includes(name)
    }),
  )
}

/** Rewrites unions told apart by a constant to OpenAPI's `discriminator`, so that only the meant branch reports its broken fields. */
export function prepareSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(prepareSchema)
  if (typeof schema !== 'object' || schema === null) return schema
  const copy: JsonSchema = {}
  for (const [key, value] of Object.entries(schema)) copy[key] = key === 'const' || key === 'enum' || key === 'default' ? value : prepareSchema(value)
  const branches = copy.anyOf
  if (Array.isArray(branches) && branches.length > 1) {
    const propertyName = findDiscriminator(branches as JsonSchema[])
    if (propertyName) {
      delete copy.anyOf
      return { ...copy, type: 'object', required: [propertyName], discriminator: { propertyName }, oneOf: branches }
    }
  }
  return copy
}

/** Compiles a body schema: nothing is converted, removed or filled in. */
export function compileBody(schema: TSchema): ValidateFunction {
  return strictAjv.compile(prepareSchema(schema) as JsonSchema)
}

/** Compiles a schema of query or path parameters: text becomes numbers, booleans and lists; defaults are filled in. */
export function compileParameters(schema: TSchema): ValidateFunction {
  return coercingAjv.compile(prepareSchema(schema) as JsonSchema)
}

const kebab = (word: string) => word.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
const escapePointer = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')

function toFieldError(error: ErrorObject): FieldError {
  const { instancePath, keyword, params, message } = error
  if (keyword === 'required')
    return { pointer: `${instancePath}/${escapePointer(String(params.missingProperty))}`, code: 'required', detail: 'This member is required.' }
  if (keyword === 'additionalProperties') {
    return { pointer: `${instancePath}/${escapePointer(String(params.additionalProperty))}`, code: 'unknown-member', detail: 'There is no such member.' }
  }
  if (keyword === 'discriminator')
    return { pointer: `${instancePath}/${escapePointer(String(params.tag))}`, code: 'enum', detail: 'This is not one of the allowed values.' }
  if (keyword === 'enum') return { pointer: instancePath, code: 'enum', detail: `must be one of: ${(params.allowedValues as unknown[]).join(', ')}` }
  if (keyword === 'format')
    return { pointer: instancePath, code: 'format', detail: describeFormat(String(params.format), error.data) ?? message ?? 'is not valid' }
  return { pointer: instancePath, code: kebab(keyword), detail: message ?? 'is not valid' }
}

/** What a person has to change in a text; formats of other kinds say enough by their name. */
function describeFormat(format: string, value: unknown): string | undefined {
  return format in textFormats && typeof value === 'string' ? textFormats[format as TextFormat](value) : undefined
}

const errorsMax = 100

/** Ajv's errors as the answer shows them: one per field and code, without the noise of union branches that were not meant. */
export function toFieldErrors(errors: readonly ErrorObject[] | null | undefined): FieldError[] {
  const found: FieldError[] = []
  const seen = new Set<string>()
  const pointers = new Set(
    (errors ?? []).filter((error) => error.keyword !== 'anyOf' && error.keyword !== 'oneOf' && !isNullBranch(error)).map((error) => error.instancePath),
  )
  for (const error of errors ?? []) {
    if (isNullBranch(error)) continue
    if ((error.keyword === 'anyOf' || error.keyword === 'oneOf' || error.keyword === 'if') && [...pointers].some((path) => path.startsWith(error.instancePath)))
      continue
    const field = toFieldError(error)
    const key = `${field.pointer} ${field.code}`
    if (seen.has(key)) continue
    seen.add(key)
    found.push(field)
    if (found.length === errorsMax) break
  }
  return found
}

function isNullBranch(error: ErrorObject): boolean {
  return error.keyword === 'type' && error.params.type === 'null'
}

const depthMax = 32

/** Whether {@link findUnstorable} would find nothing; builds no pointers, because it runs for every request. */
export function isStorable(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  if (depth === depthMax) return false
  for (const key in value) {
    if (key.includes('\0') || !key.isWellFormed() || !isStorable((value as Record<string, unknown>)[key], depth + 1)) return false
  }
  return true
}

/**
 * Text that no store can keep (NUL, which PostgreSQL refuses; lone surrogates, which are not Unicode) and nesting that
 * no schema asks for. Looked for once, here, so that no handler has to.
 */
export function findUnstorable(value: unknown): FieldError[] {
  const found: FieldError[] = []
  const walk = (at: unknown, pointer: string, depth: number): void => {
    if (found.length >= errorsMax) return
    if (typeof at === 'string') {
      if (!isStorable(at)) found.push({ pointer, code: 'characters', detail: 'holds a NUL character or broken Unicode' })
      return
    }
    if (typeof at !== 'object' || at === null) return
    if (depth === depthMax) {
      found.push({ pointer, code: 'depth', detail: `is nested deeper than ${depthMax} levels` })
      return
    }
    for (const key in at) {
      if (!isStorable(key)) found.push({ pointer, code: 'characters', detail: 'has a member name with a NUL character or broken Unicode' })
      else walk((at as Record<string, unknown>)[key], `${pointer}/${escapePointer(key.slice(0, 200))}`, depth + 1)
    }
  }
  walk(value, '', 0)
  return found
}
