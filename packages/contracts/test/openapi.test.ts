import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { buildOpenApi, defineOperation, operations, problems, toPublicPath, type Operation } from '../src/index.ts'

const document = buildOpenApi(operations, { version: '1.2.3' })
type Json = Record<string, unknown>
const objects = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, object]) => ({ path, method, object: object as Json })),
)

/** Every value under a key, anywhere. */
function collect(value: unknown, key: string, found: unknown[] = []): unknown[] {
  if (typeof value !== 'object' || value === null) return found
  for (const [name, member] of Object.entries(value)) {
    if (name === key) found.push(member)
    collect(member, key, found)
  }
  return found
}

function resolve(ref: string): unknown {
  return ref
    .slice(2)
    .split('/')
    .reduce<unknown>((value, name) => (value as Json | undefined)?.[name.replaceAll('~1', '/').replaceAll('~0', '~')], document)
}

test('is valid OpenAPI 3.1 by the official schema', async () => {
  const result = await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>)
  expect(result.errors ?? []).toEqual([])
  expect(result.valid).toBe(true)
})

test('every public operation appears once under its public path, and no internal one at all', () => {
  const expected = operations
    .filter((operation) => operation.access !== 'service')
    .map((operation) => `${operation.method} ${toPublicPath(operation)} ${operation.id}`)
  expect(objects.map(({ path, method, object }) => `${method.toUpperCase()} ${path} ${String(object.operationId)}`).sort()).toEqual(expected.sort())
  expect(JSON.stringify(document)).not.toContain('/internal/')
})

test('operation ids are unique', () => {
  const ids = operations.map((operation) => operation.id)
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
})

test('everything under /api but what lies outside of it', () => {
  const outside = Object.keys(document.paths).filter((path) => !path.startsWith('/api/'))
  expect(outside.filter((path) => !/^\/($|health$|verify-email$|reset-password$|problems\/|dev\/|\.well-known\/)/.test(path))).toEqual([])
})

test('every reference leads to something, every component is used', () => {
  const refs = new Set(collect(document, '$ref') as string[])
  expect([...refs].filter((ref) => resolve(ref) === undefined)).toEqual([])
  const components = (['schemas', 'responses', 'headers'] as const).flatMap((kind) =>
    Object.keys(document.components[kind]).map((name) => `#/components/${kind}/${name}`),
  )
  expect(components.filter((ref) => !refs.has(ref))).toEqual([])
})

test('path parameters are those of the path', () => {
  for (const { path, object } of objects) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
    const declared = ((object.parameters ?? []) as Json[]).filter((parameter) => parameter.in === 'path')
    expect(declared.map((parameter) => parameter.name).sort(), path).toEqual(inPath.sort())
    expect(declared.every((parameter) => parameter.required === true)).toBe(true)
  }
})

test('every schema is JSON Schema 2020-12', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  const schemas = [...Object.values(document.components.schemas), ...collect(document.paths, 'schema')]
  for (const schema of schemas) expect(ajv.validateSchema(schema as object), JSON.stringify(ajv.errors)).toBe(true)
})

test('requests refuse unknown members', () => {
  const open = operations.filter(({ body, query, params }) => ![body, query, params].every(closedEverywhere))
  expect(open.map((operation) => operation.id)).toEqual([])
})

function closedEverywhere(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return true
  const { type, properties, additionalProperties } = schema as Json
  if (type === 'object' && properties !== undefined && additionalProperties !== false) return false
  return Object.values(schema).every(closedEverywhere)
}

test('problems are answered as problem+json, with every status the operation names', () => {
  for (const operation of operations.filter(({ access }) => access !== 'service')) {
    const responses = (document.paths[toPublicPath(operation)]![operation.method.toLowerCase()] as Json).responses as Json
    for (const slug of operation.problems ?? []) expect(responses, `${operation.id} ${slug}`).toHaveProperty(String(problems[slug].status))
    for (const status of Object.keys(operation.responses)) expect(responses).toHaveProperty(status)
  }
  for (const response of Object.values(document.components.responses) as Json[])
    expect(Object.keys(response.content as Json)).toEqual(['application/problem+json'])
})

describe('security', () => {
  test('is asked of everybody but where the operation is public', () => {
    for (const operation of operations.filter(({ access }) => access !== 'service')) {
      const object = document.paths[toPublicPath(operation)]![operation.method.toLowerCase()] as Json
      expect(object.security, operation.id).toEqual(operation.access === 'public' ? [] : [{ bearer: [] }])
    }
  })
})

test('two operations for one method and path are refused', () => {
  const operation: Operation = defineOperation({
    id: 'a',
    service: 'user',
    method: 'GET',
    path: '/v1/x',
    summary: 'x',
    access: 'user',
    responses: { 204: null },
  })
  expect(() => buildOpenApi([operation, { ...operation, id: 'b' }], { version: '1' })).toThrow('GET /api/v1/x')
})
