import { expect, test } from 'vitest'
import { Ajv2020 } from 'ajv/dist/2020.js'
import Type from 'typebox'
import { EmailSchema } from '../src/index.ts'
import { eventTypes, listEventTypes, personal, topics, type EventType } from '../src/index.ts'

type Json = Record<string, unknown>
const all = topics.flatMap((topic) => listEventTypes(topic))
const named = all.map((event): [string, EventType] => [`${event.topic}/${event.type}`, event])

/** What speaks of a person wherever it stands: names, addresses, free text, where somebody came from, what opens a door. */
const personalNames =
  /^(title|reason|note|comment|attendees|email|mail|displayName|firstName|lastName|fullName|phone|ip|ipAddress|userAgent|token|password|secret|url|line1|line2|postalCode)$/

/** Paths of members that say something about a person: marked so, shaped so, or named so. */
function findPersonal(schema: unknown, path = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const { properties = {} } = schema as { properties?: Json }
  const isPersonal = 'x-personal' in schema || (schema as Json).format === 'email'
  const suspicious = Object.keys(properties).filter((name) => personalNames.test(name))
  return [
    ...(isPersonal ? [path] : []),
    ...suspicious.map((name) => `${path}/${name}`),
    ...Object.entries(schema).flatMap(([key, member]) => findPersonal(member, key === 'properties' ? path : `${path}/${key}`)),
  ]
}

test.each(named)('%s holds no personal member', (_name, { data }) => {
  expect(findPersonal(data)).toEqual([])
})

test('a personal member is found however deep and however written', () => {
  const deep = Type.Object({
    list: Type.Array(Type.Object({ who: Type.Union([personal(Type.String()), Type.Null()]) })),
    contact: EmailSchema,
    title: Type.String(),
  })
  expect(findPersonal(deep)).toEqual(['/title', '/list/items/who/anyOf/0', '/contact'])
})

test.each(named)('%s is named by its topic, has an id, a version and an example that its schema accepts', (_name, { topic, type, data, example }) => {
  expect(type).toMatch(type.startsWith('audit.') ? /^audit\.recorded\.v1$/ : new RegExp(String.raw`^${topic}\.[a-z]+(-[a-z]+)*\.v[1-9]\d*$`))
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  expect(ajv.validate(data, example), JSON.stringify(ajv.errors)).toBe(true)
  const { properties, required } = data as unknown as { properties: Json; required: string[] }
  expect(required).toContain('version')
  expect(properties.version).toMatchObject({ type: 'integer', minimum: 1 })
  expect(required.some((name) => name.endsWith('Id'))).toBe(true)
})

test.each(named)('%s lets members pass that a later version of it may add', (_name, { data }) => {
  expect(JSON.stringify(data)).not.toContain('"additionalProperties":false')
})

test('no type is declared twice', () => {
  const types = eventTypes.map(({ type }) => type)
  expect(types.filter((type, index) => types.indexOf(type) !== index)).toEqual([])
})
