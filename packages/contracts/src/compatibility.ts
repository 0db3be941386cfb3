import { auditRecorded, eventTypes, topics } from './events/index.ts'
import type { JsonSchema } from './openapi-schemas.ts'

/** Schemas of `data` by topic and type. */
export type EventSchemas = Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>

/** One way in which consumers of the released schemas would be wronged. */
export interface Break {
  /** `booking/booking.confirmed.v1/startsAt` */
  path: string
  problem: string
}

/** Words that change nothing about what is valid. */
const annotations = new Set(['title', 'description', '$comment', 'examples', 'deprecated'])

/** The event schemas as they are now, as plain JSON. */
export function collectEventSchemas(): Record<string, Record<string, JsonSchema>> {
  return Object.fromEntries(
    topics.map((topic) => {
      const events = [...eventTypes.filter((event) => event.topic === topic), auditRecorded(topic)]
      return [topic, Object.fromEntries(events.map(({ type, data }) => [type, JSON.parse(JSON.stringify(data)) as JsonSchema]))]
    }),
  )
}

/**
 * What the current schemas break of the released ones. A new type and a new optional member are no break, in an object that lets
 * unknown members pass. All else is: consumers of either version read events of the other, since topics keep them for 14 days and
 * reporting for ever. Then the remedy is a new version of the type, published beside the old one.
 */
export function listBreaks(released: EventSchemas, current: EventSchemas): Break[] {
  return Object.entries(released).flatMap(([topic, types]) =>
    Object.entries(types).flatMap(([type, schema]) => {
      const path = `${topic}/${type}`
      const now = current[topic]?.[type]
      return now ? compareSchemas(schema, now, path) : [{ path, problem: 'the event is gone' }]
    }),
  )
}

/** The value of one word of a schema: a schema, a list of schemas, or a plain value. */
function compareWord(word: string, [before, after]: readonly [unknown, unknown], path: string): Break[] {
  if (isSchema(before) && isSchema(after)) return compareSchemas(before, after, path)
  if (isSchemaList(before) && isSchemaList(after) && before.length === after.length) {
    return before.flatMap((part, index) => compareSchemas(part, after[index]!, path))
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  return [{ path, problem: `${word} ${JSON.stringify(before)} has become ${JSON.stringify(after)}` }]
}

const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null && !Array.isArray(value)
const isSchemaList = (value: unknown): value is JsonSchema[] => Array.isArray(value) && value.every(isSchema)

function compareSchemas(before: JsonSchema, after: JsonSchema, path: string): Break[] {
  const words = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((word) => !annotations.has(word))
  return words.flatMap((word) => {
    if (word === 'properties') return compareMembers(before, after, path)
    if (word === 'required') return compareRequired(before, after, path)
    if (word === 'enum') return compareChoices(before, after, path)
    if (word in before && word in after) return compareWord(word, [before[word], after[word]], word === 'items' ? `${path}/*` : path)
    return [{ path, problem: word in after ? `${word} ${JSON.stringify(after[word])} is new` : `${word} ${JSON.stringify(before[word])} is gone` }]
  })
}

const membersOf = (schema: JsonSchema) => (schema.properties ?? {}) as JsonSchema
const requiredOf = (schema: JsonSchema) => (schema.required ?? []) as string[]

function compareMembers(before: JsonSchema, after: JsonSchema, path: string): Break[] {
  const kept = Object.entries(membersOf(before)).flatMap(([name, member]) => {
    const now = membersOf(after)[name]
    return now === undefined
      ? [{ path: `${path}/${name}`, problem: 'the member is gone' }]
      : compareSchemas(member as JsonSchema, now as JsonSchema, `${path}/${name}`)
  })
  const isClosed = before.additionalProperties === false
  const added = Object.keys(membersOf(after)).filter((name) => !(name in membersOf(before)))
  return [...kept, ...(isClosed ? added.map((name) => ({ path: `${path}/${name}`, problem: 'the member is new where unknown ones are refused' })) : [])]
}

function compareRequired(before: JsonSchema, after: JsonSchema, path: string): Break[] {
  const [was, is] = [requiredOf(before), requiredOf(after)]
  return [
    ...is.filter((name) => !was.includes(name)).map((name) => ({ path: `${path}/${name}`, problem: 'the member is required now: events of before lack it' })),
    // One that is gone altogether is told as that.
    ...was
      .filter((name) => !is.includes(name) && name in membersOf(after))
      .map((name) => ({ path: `${path}/${name}`, problem: 'the member may be absent now: consumers count on it' })),
  ]
}

function compareChoices(before: JsonSchema, after: JsonSchema, path: string): Break[] {
  if (!Array.isArray(before.enum) || !Array.isArray(after.enum)) return [{ path, problem: 'a closed set of values has come or gone' }]
  const [was, is] = [before.enum as unknown[], after.enum as unknown[]]
  return [
    ...was
      .filter((value) => !is.includes(value))
      .map((value) => ({ path, problem: `${JSON.stringify(value)} is no longer allowed: events of before hold it` })),
    ...is.filter((value) => !was.includes(value)).map((value) => ({ path, problem: `${JSON.stringify(value)} is new: consumers do not know it` })),
  ]
}
