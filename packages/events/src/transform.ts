import type { CloudEvent, JsonPatch } from '@alcove/contracts'
import { applyPatch, type Operation } from 'rfc6902'
import { isUuid, messageBytesMax, readEnvelope, toEvent } from './envelope.ts'

/** A transform that does not fit the letter; the letter stays. */
export class TransformError extends Error {
  override readonly name = 'TransformError'
}

/** What a transform must leave alone where it was there: it is the same event of the same aggregate in the same trace, only readable. */
const KEPT = { id: isUuid, subject: isText, traceparent: isText } as const

/**
 * The event of a dead letter's message after a JSON Patch (RFC 6902), which is applied to the whole envelope. Of a message
 * that is not JSON only the whole can be replaced (path ""). Id, subject and traceparent stay what they were; where there
 * was no subject it must be the message's key.
 * @throws {TransformError} the patch does not apply, grows beyond what is read, or changes what must stay
 * @throws {PoisonError} the result is not an event either
 */
export function transformMessage(letter: { message: string; key: string }, patch: JsonPatch): CloudEvent {
  const before = parseLeniently(letter.message)
  // A member of its own, so that a pointer to the whole message (RFC 6901: "") has something to stand in.
  const holder = { message: structuredClone(before) }
  for (const [index, operation] of patch.entries()) applyOne(holder, operation, index)
  const event = toEvent(holder.message)
  assertKept(before, event, letter.key)
  return event
}

/** The event of a letter as it is to be replayed. */
export function readLetter(letter: { message: string; key: string }, patch: JsonPatch | undefined): CloudEvent {
  return patch ? transformMessage(letter, patch) : readEnvelope(letter.message)
}

function parseLeniently(message: string): unknown {
  try {
    return JSON.parse(message)
  } catch {
    return message
  }
}

function applyOne(holder: { message: unknown }, operation: JsonPatch[number], index: number): void {
  const moved = { ...operation, path: `/message${operation.path}`, ...('from' in operation ? { from: `/message${operation.from}` } : {}) }
  let fault: Error | null
  try {
    ;[fault = null] = applyPatch(holder, [moved as Operation])
  } catch (error) {
    fault = error as Error
  }
  const failed = fault || !('message' in holder)
  if (failed) throw new TransformError(`operation ${index} (${operation.op} ${operation.path}) does not apply: ${describe(fault)}`)
  // A few copies of the whole into itself would fill the memory.
  if (Buffer.byteLength(JSON.stringify(holder.message)) > messageBytesMax) throw new TransformError(`operation ${index} makes the message too large`)
}

function describe(fault: Error | null): string {
  if (fault?.name === 'MissingError') return 'there is nothing at that place'
  return fault?.name === 'TestError' ? 'the value is another' : (fault?.message ?? 'it removes the whole message')
}

function assertKept(before: unknown, after: CloudEvent, key: string): void {
  const old = (typeof before === 'object' && before !== null ? before : {}) as Partial<CloudEvent>
  for (const [member, isThere] of Object.entries(KEPT) as [keyof typeof KEPT, (value: unknown) => boolean][]) {
    if (isThere(old[member]) && old[member] !== after[member]) throw new TransformError(`a transform may not change ${member}`)
  }
  if (!isText(old.subject) && after.subject !== key) throw new TransformError(`the subject must be the message's key, ${key}`)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
