import Type, { type Static } from 'typebox'
import { IdSchema, InstantSchema, nullable } from '../primitives.ts'
import { defineEvent, type EventType, type Topic } from './event.ts'

/** Who did something: a person, a service by its name, or the product by itself (`system`). */
export const ActorSchema = Type.Object({ type: Type.Enum(['user', 'service', 'system']), id: nullable(Type.String({ maxLength: 64 })) })

/** Members of an act's thing before or after it; which ones, `auditActions` says: none in which somebody's words or name could stand. */
const word = Type.Union([Type.Integer(), Type.Boolean(), Type.Null(), Type.String({ maxLength: 64 })])
export const AuditValuesSchema = Type.Record(Type.String({ pattern: '^[a-z][A-Za-z]*$' }), Type.Union([word, Type.Array(word, { maxItems: 20 })]))

/** What no other event says: logins, refused logins, grants, overrides, replays. `subject` is an id or a kind, never a name or an address. */
export const AuditSchema = Type.Object({
  auditId: IdSchema,
  version: Type.Integer({ minimum: 1 }),
  at: InstantSchema,
  actor: ActorSchema,
  action: Type.String({ pattern: '^[a-z]+(-[a-z]+)*(\\.[a-z]+(-[a-z]+)*)+$' }),
  subject: nullable(Type.String({ maxLength: 64 })),
  requestId: nullable(Type.String({ maxLength: 128 })),
  /** Whose thing it was. */
  person: Type.Optional(nullable(IdSchema)),
  before: Type.Optional(nullable(AuditValuesSchema)),
  after: Type.Optional(nullable(AuditValuesSchema)),
})
export type Audit = Static<typeof AuditSchema>

/** `audit.recorded.v1` on the given service's own topic. */
export function auditRecorded(topic: Topic): EventType<typeof AuditSchema> {
  return defineEvent({
    topic,
    type: 'audit.recorded.v1',
    data: AuditSchema,
    example: {
      auditId: '01890000-0000-7000-8000-000000000050',
      version: 1,
      at: '2026-01-05T09:00:00Z',
      actor: { type: 'user', id: '01890000-0000-7000-8000-000000000001' },
      action: 'session.started',
      subject: '01890000-0000-7000-8000-000000000002',
      requestId: null,
    },
  })
}
