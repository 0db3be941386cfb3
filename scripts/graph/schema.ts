import Type from 'typebox'

const strict = { additionalProperties: false }
const NameSchema = Type.String({ pattern: '^[a-z]{2,20}$' })
const PortSchema = Type.Integer({ minimum: 1, maximum: 65_535 })

/** What may stand in a `service.yaml`; what each member means is said at `ServiceNode` of packages/graph. */
export const ServiceNodeSchema = Type.Object(
  {
    name: NameSchema,
    summary: Type.String({ pattern: '^[^\\[\\]|<>"]{1,60}$' }),
    port: PortSchema,
    calls: Type.Array(NameSchema, { uniqueItems: true }),
    produces: Type.Union([NameSchema, Type.Null()]),
    topic: Type.Optional(
      Type.Object({ partitions: Type.Integer({ minimum: 1, maximum: 1000 }), retentionDays: Type.Integer({ minimum: 1, maximum: 365 }) }, strict),
    ),
    consumes: Type.Record(
      NameSchema,
      Type.Object({ mode: Type.Enum(['durable', 'broadcast']), types: Type.Array(Type.String(), { minItems: 1, uniqueItems: true }) }, strict),
    ),
    database: Type.Boolean(),
    external: Type.Optional(
      Type.Array(
        Type.Object(
          { name: Type.String({ pattern: '^[a-z]+(-[a-z]+)*$' }), reach: Type.Enum(['public', 'any']), ports: Type.Array(PortSchema, { minItems: 1 }) },
          strict,
        ),
      ),
    ),
    redis: Type.Optional(Type.Boolean()),
    apiServer: Type.Optional(Type.Boolean()),
    broker: Type.Optional(Type.Boolean()),
    objectives: Type.Object(
      { availabilityPercent: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 100 }), latencyP99Ms: Type.Integer({ minimum: 1 }) },
      strict,
    ),
  },
  strict,
)
