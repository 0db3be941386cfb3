import Type, { type Static } from 'typebox'
import { defineOperation } from '../operation.ts'
import { closed, IdParamsSchema, IdSchema, InstantSchema, listOf, nullable, pageQuery } from '../primitives.ts'
import { consumingServices, serviceNames } from '../services.ts'

const letterMembers = {
  id: IdSchema,
  /** The consumer in whose database it stands. */
  service: Type.Enum([...consumingServices]),
  /** Null where the message could not be read. */
  eventId: nullable(IdSchema),
  type: nullable(Type.String()),
  topic: Type.String(),
  /** The message's key: the aggregate's id. */
  key: Type.String(),
  partition: Type.Integer(),
  offset: Type.Integer(),
  /** `poison`: no repetition makes it good. `failed`: its handler failed five times. `parked`: an earlier one of its key is a dead letter. */
  reason: Type.Enum(['poison', 'failed', 'parked']),
  /** What is wrong with a poison message. */
  code: nullable(Type.Enum(['too-large', 'not-json', 'not-cloudevents', 'unknown-type', 'invalid-data'])),
  error: Type.String(),
  /** How often it was tried. */
  attempts: Type.Integer({ minimum: 0 }),
  diedAt: InstantSchema,
}

/** A message that a consumer could not apply. */
export const DeadLetterSchema = Type.Object(letterMembers)
export type DeadLetter = Static<typeof DeadLetterSchema>

/** With the message as it came (the first 512 KiB), its event if it is JSON, and the stack of the error. */
export const DeadLetterDetailSchema = Type.Object({
  ...letterMembers,
  message: Type.String(),
  event: Type.Unknown(),
  traceparent: nullable(Type.String()),
  trace: nullable(Type.String()),
})
export type DeadLetterDetail = Static<typeof DeadLetterDetailSchema>

const PointerSchema = Type.String({ maxLength: 512, pattern: '^(/([^~/]|~[01])*)*$' })

/** JSON Patch (RFC 6902) over the whole CloudEvent; `id`, `subject` and `traceparent` stay as they are. */
export const JsonPatchSchema = Type.Array(
  Type.Union([
    closed({ op: Type.Enum(['add', 'replace', 'test']), path: PointerSchema, value: Type.Unknown() }),
    closed({ op: Type.Enum(['remove']), path: PointerSchema }),
    closed({ op: Type.Enum(['move', 'copy']), from: PointerSchema, path: PointerSchema }),
  ]),
  { minItems: 1, maxItems: 100 },
)
export type JsonPatch = Static<typeof JsonPatchSchema>

/** `dryRun`: tells what would happen and changes nothing. */
export const replayMembers = {
  transform: Type.Optional(JsonPatchSchema),
  dryRun: Type.Optional(Type.Boolean()),
  /** Most letters; default 100. */
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  /** As fast as it goes unless given. */
  ratePerSecond: Type.Optional(Type.Number({ minimum: 1, maximum: 1000 })),
}

/**
 * What a replay did, or would do: `superseded`: a newer version is there already, so nothing was applied; the letter is
 * settled all the same. `failed`, `skipped` (`error` says why): the letter stays.
 */
export const ReplayResultSchema = Type.Object({
  id: IdSchema,
  service: Type.Enum([...consumingServices]),
  outcome: Type.Enum(['applied', 'superseded', 'failed', 'skipped']),
  error: nullable(Type.String()),
})
export type ReplayResult = Static<typeof ReplayResultSchema>

const letterFilter = {
  service: Type.Optional(Type.Enum([...serviceNames])),
  type: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
}

/** Newest first, over all consumers. `missing`: services that did not answer, whose dead letters are not here. */
export const listDeadLetters = defineOperation({
  id: 'list-dead-letters',
  service: 'admin',
  method: 'GET',
  path: '/v1/admin/dead-letters',
  summary: 'Events that could not be handled',
  access: 'operator',
  query: closed({ ...letterFilter, ...pageQuery }),
  responses: { 200: Type.Object({ ...listOf(DeadLetterSchema).properties, missing: Type.Array(Type.Enum([...consumingServices])) }) },
})

export const getDeadLetter = defineOperation({
  id: 'get-dead-letter',
  service: 'admin',
  method: 'GET',
  path: '/v1/admin/dead-letters/{id}',
  summary: 'One dead letter with its event, error and trace',
  access: 'operator',
  params: IdParamsSchema,
  responses: { 200: DeadLetterDetailSchema },
})

/**
 * Replays the dead letters of the filter, oldest first by service. It works for some seconds at most: `nextCursor` continues.
 * `refused`: services that replay nothing now, and why; when one was asked for by name, that is the problem answered (409 or 503).
 */
export const replayDeadLetters = defineOperation({
  id: 'replay-dead-letters',
  service: 'admin',
  method: 'POST',
  path: '/v1/admin/dead-letters/replay',
  summary: 'Replay dead letters',
  access: 'admin',
  query: closed({ ...letterFilter, cursor: pageQuery.cursor }),
  body: closed(replayMembers),
  responses: {
    200: Type.Object({
      ...listOf(ReplayResultSchema).properties,
      dryRun: Type.Boolean(),
      refused: Type.Array(Type.Object({ service: Type.Enum([...consumingServices]), detail: Type.String() })),
    }),
  },
  problems: ['illegal-transition', 'dependency-unavailable'],
})

/** Repeated, also at once: one effect, the same answer. 409 `illegal-transition`: the consumer is failing, or the event failed again; the letter stays. */
export const replayDeadLetter = defineOperation({
  id: 'replay-dead-letter',
  service: 'admin',
  method: 'POST',
  path: '/v1/admin/dead-letters/{id}/replay',
  summary: 'Replay a dead letter',
  access: 'admin',
  params: IdParamsSchema,
  body: closed(replayMembers),
  responses: { 200: ReplayResultSchema },
  problems: ['illegal-transition', 'dependency-unavailable'],
})

/** For good: its event never has its effect in this consumer. */
export const discardDeadLetter = defineOperation({
  id: 'discard-dead-letter',
  service: 'admin',
  method: 'DELETE',
  path: '/v1/admin/dead-letters/{id}',
  summary: 'Discard a dead letter',
  access: 'admin',
  params: IdParamsSchema,
  responses: { 204: null },
  problems: ['dependency-unavailable'],
})
