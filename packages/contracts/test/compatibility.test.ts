import { readdirSync, readFileSync } from 'node:fs'
import Type, { type TSchema } from 'typebox'
import { describe, expect, test } from 'vitest'
import { collectEventSchemas, listBreaks, topics, type EventSchemas } from '../src/index.ts'

const directory = new URL('../released/', import.meta.url)
const released: EventSchemas = Object.fromEntries(
  readdirSync(directory).map((file) => [file.replace('.json', ''), JSON.parse(readFileSync(new URL(file, directory), 'utf8'))]),
)

describe('the events as they are now', () => {
  test('break nothing of the released ones', () => {
    expect(Object.keys(released).sort()).toEqual([...topics].sort())
    expect(listBreaks(released, collectEventSchemas())).toEqual([])
  })

  test('each type that was ever released is held to it', () => {
    for (const [topic, types] of Object.entries(released)) {
      for (const type of Object.keys(types)) {
        const { [type]: _gone, ...others } = collectEventSchemas()[topic]!
        expect(listBreaks(released, { ...collectEventSchemas(), [topic]: others })).toEqual([{ path: `${topic}/${type}`, problem: 'the event is gone' }])
      }
    }
  })
})

const base = {
  id: Type.String({ maxLength: 36 }),
  status: Type.Enum(['open', 'done']),
  count: Type.Integer({ minimum: 0 }),
  until: Type.Union([Type.String(), Type.Null()]),
  lines: Type.Array(Type.Object({ text: Type.String() })),
  note: Type.Optional(Type.String()),
}
const schemasOf = (data: TSchema, type = 'thing.changed.v1') => ({ thing: { [type]: JSON.parse(JSON.stringify(data)) } })
const breaksOf = (data: TSchema, before: TSchema = Type.Object(base)) => listBreaks(schemasOf(before), schemasOf(data))
const { count: _count, ...withoutCount } = base

describe('compatible', () => {
  test.each<[string, TSchema]>([
    ['nothing changed', Type.Object(base)],
    ['a new optional member', Type.Object({ ...base, more: Type.Optional(Type.String()) })],
    [
      'a new optional member further in',
      Type.Object({ ...base, lines: Type.Array(Type.Object({ text: Type.String(), rank: Type.Optional(Type.Integer()) })) }),
    ],
    ['another description', Type.Object({ ...base, id: Type.String({ maxLength: 36, description: 'who' }) }, { title: 'Thing' })],
  ])('%s', (_what, data) => {
    expect(breaksOf(data)).toEqual([])
  })

  test('a new type', () => {
    expect(listBreaks(schemasOf(Type.Object(base)), { thing: { ...schemasOf(Type.Object(base)).thing, 'thing.changed.v2': {} } })).toEqual([])
  })
})

describe('refused', () => {
  test.each<[string, TSchema, string, string]>([
    ['a member gone', Type.Object(withoutCount), 'count', 'the member is gone'],
    ['an optional member gone', Type.Object({ ...base, note: undefined as never }), 'note', 'the member is gone'],
    ['another type', Type.Object({ ...base, count: Type.String() }), 'count', 'type "integer" has become "string"'],
    ['integers made fractions', Type.Object({ ...base, count: Type.Number({ minimum: 0 }) }), 'count', 'type "integer" has become "number"'],
    ['a new required member', Type.Object({ ...base, more: Type.String() }), 'more', 'the member is required now'],
    ['an optional member made required', Type.Object({ ...base, note: Type.String() }), 'note', 'the member is required now'],
    ['a required member made optional', Type.Object({ ...base, count: Type.Optional(base.count) }), 'count', 'the member may be absent now'],
    ['a value of a closed set gone', Type.Object({ ...base, status: Type.Enum(['open']) }), 'status', '"done" is no longer allowed'],
    ['a value of a closed set more', Type.Object({ ...base, status: Type.Enum(['open', 'done', 'lost']) }), 'status', '"lost" is new'],
    ['a closed set opened', Type.Object({ ...base, status: Type.String() }), 'status', 'a closed set of values has come or gone'],
    ['null no longer allowed', Type.Object({ ...base, until: Type.String() }), 'until', 'anyOf'],
    ['null allowed', Type.Object({ ...base, count: Type.Union([base.count, Type.Null()]) }), 'count', 'anyOf'],
    ['a limit tightened', Type.Object({ ...base, id: Type.String({ maxLength: 12 }) }), 'id', 'maxLength 36 has become 12'],
    ['a limit loosened', Type.Object({ ...base, id: Type.String({ maxLength: 99 }) }), 'id', 'maxLength 36 has become 99'],
    ['a limit dropped', Type.Object({ ...base, count: Type.Integer() }), 'count', 'minimum 0 is gone'],
    ['a limit added', Type.Object({ ...base, count: Type.Integer({ minimum: 0, maximum: 9 }) }), 'count', 'maximum 9 is new'],
    ['unknown members refused from now on', Type.Object(base, { additionalProperties: false }), '', 'additionalProperties false is new'],
    ['a member gone further in', Type.Object({ ...base, lines: Type.Array(Type.Object({})) }), 'lines/*/text', 'the member is gone'],
    ['a list made an object', Type.Object({ ...base, lines: Type.Object({ text: Type.String() }) }), 'lines', 'type "array" has become "object"'],
  ])('%s', (_what, data, member, problem) => {
    const found = breaksOf(data)
    expect(found.map(({ path }) => path)).toContain(['thing/thing.changed.v1', member].filter(Boolean).join('/'))
    expect(found.map((each) => each.problem).join('\n')).toContain(problem)
  })

  test('a new optional member where unknown ones were refused', () => {
    const closed = { additionalProperties: false }
    expect(breaksOf(Type.Object({ ...base, more: Type.Optional(Type.String()) }, closed), Type.Object(base, closed))).toEqual([
      { path: 'thing/thing.changed.v1/more', problem: 'the member is new where unknown ones are refused' },
    ])
  })

  test('a type gone, or moved to another topic', () => {
    const now = { thing: {}, other: schemasOf(Type.Object(base)).thing }
    expect(listBreaks(schemasOf(Type.Object(base)), now)).toEqual([{ path: 'thing/thing.changed.v1', problem: 'the event is gone' }])
  })
})
