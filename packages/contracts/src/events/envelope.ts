import Type from 'typebox'
import { IdSchema } from '../primitives.ts'

/** The envelope of every event: CloudEvents 1.0 in structured JSON mode with the distributed tracing extension. */
export const CloudEventSchema = Type.Object({
  specversion: Type.Literal('1.0'),
  /** UUIDv7; a repeat has the same. */
  id: IdSchema,
  source: Type.String({ format: 'uri-reference', minLength: 1 }),
  type: Type.String({ pattern: String.raw`^[a-z]+(\.[a-z]+(-[a-z]+)*)+\.v[1-9]\d*$` }),
  /** The id of what it is about: also the message's key. */
  subject: Type.String({ minLength: 1 }),
  time: Type.String({ format: 'date-time' }),
  datacontenttype: Type.Literal('application/json'),
  traceparent: Type.Optional(Type.String({ pattern: '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' })),
  data: Type.Object({ version: Type.Integer({ minimum: 1 }) }),
})
