import { eventTypes, findEventType, topics, type CloudEvent, type EventType, type Topic } from '@alcove/contracts'
import { compileBody } from '@alcove/kit'

/**
 * The longest message that is read: twice the longest body of a request, so that no event of ours comes near it, and below
 * what a broker takes by default (1 MiB).
 */
export const messageBytesMax = 512 * 1024

/** What is wrong with a message that no repetition will make good. */
export type PoisonCode = 'too-large' | 'not-json' | 'not-cloudevents' | 'unknown-type' | 'invalid-data'

/** A message that no repetition will make good. */
export class PoisonError extends Error {
  override readonly name = 'PoisonError'
  readonly code: PoisonCode

  constructor(message: string, code: PoisonCode) {
    super(message)
    this.code = code
  }
}

/** RFC 3339. Only the form: what a clock shows is never judged, for anybody's clock may be wrong, and ours can be moved. */
const timeForm = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/
const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const isUuid = (value: unknown): boolean => typeof value === 'string' && uuidForm.test(value)

/**
 * Reads a CloudEvent 1.0 in structured JSON mode, with the members that every Alcove event has.
 * @throws {PoisonError} `too-large`, `not-json`, `not-cloudevents`
 */
export function readEnvelope(value: string): CloudEvent {
  // A character is at most three bytes long: most messages need not be measured.
  if (value.length * 3 > messageBytesMax) assertSize(value)
  return toEvent(parse(value))
}

function assertSize(value: string): void {
  const bytes = Buffer.byteLength(value)
  if (bytes > messageBytesMax) throw new PoisonError(`the message is ${bytes} bytes long; at most ${messageBytesMax} are read, and kept`, 'too-large')
}

function parse(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    throw new PoisonError('the message is not JSON', 'not-json')
  }
}

const isText = (member: unknown): boolean => typeof member === 'string' && member !== ''

/** As {@link readEnvelope}, of a message that is parsed already. */
export function toEvent(message: unknown): CloudEvent {
  const event = message as Partial<CloudEvent> | null
  const isComplete =
    typeof event === 'object' &&
    event?.specversion === '1.0' &&
    isText(event.id) &&
    isText(event.source) &&
    isText(event.type) &&
    isText(event.subject) &&
    isText(event.time) &&
    (event.traceparent === undefined || typeof event.traceparent === 'string') &&
    typeof event.data === 'object' &&
    event.data !== null
  if (!isComplete) throw new PoisonError('the message is not a CloudEvent 1.0 with id, source, type, subject, time and data', 'not-cloudevents')
  if (!isUuid(event.id)) throw new PoisonError('the id of the event is not a UUID', 'not-cloudevents')
  if (!timeForm.test(event.time!) || Number.isNaN(Date.parse(event.time!))) throw new PoisonError('the time of the event is not RFC 3339', 'not-cloudevents')
  return event as CloudEvent
}

/** What is wrong with the data of an event of one type. */
export type Check = (data: unknown) => string | undefined

/** Validators of every event type, compiled when first used. */
const checks = new Map<EventType, Check>()

/**
 * The judge of a type's data; the same for every call.
 * @throws {PoisonError} `unknown-type` for a type or version that contracts do not have on that topic
 */
export function findCheck(topic: string, type: string): Check {
  if (!topics.includes(topic as Topic)) throw new PoisonError(`topic ${topic} is not known`, 'unknown-type')
  const eventType = findEventType(topic as Topic, type)
  if (!eventType) throw new PoisonError(`no schema for ${type} on ${topic} (${eventTypes.length} types are known)`, 'unknown-type')
  const check = checks.get(eventType) ?? compileCheck(eventType)
  checks.set(eventType, check)
  return check
}

function compileCheck(eventType: EventType): Check {
  const validate = compileBody(eventType.data)
  return (data) => (validate(data) ? undefined : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`).join('; '))
}

/**
 * Judges type and data by the contracts.
 * @throws {PoisonError} `unknown-type` for a type or version that contracts do not have on that topic, `invalid-data`
 */
export function assertKnown(topic: string, event: CloudEvent): void {
  assertValid(event, findCheck(topic, event.type))
}

/** @throws {PoisonError} `invalid-data` */
export function assertValid(event: CloudEvent, check: Check): void {
  const problem = check(event.data)
  if (problem) throw new PoisonError(`the data of ${event.type} is not valid: ${problem}`, 'invalid-data')
}
