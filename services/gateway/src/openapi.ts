import { operations, problems, ProblemSchema, type Operation, type ProblemSlug } from '@alcove/contracts'
import { listRoutedOperations } from './routing.ts'

type Json = Record<string, unknown>

/** Problems any route may answer, by the access it asks for. */
const everywhere: readonly ProblemSlug[] = [
  'malformed',
  'not-found',
  'payload-too-large',
  'unsupported-media-type',
  'rate-limited',
  'internal',
  'dependency-unavailable',
  'deadline-exceeded',
]

function describeResponses(operation: Operation): Json {
  const responses: Json = {}
  for (const [status, schema] of Object.entries(operation.responses)) {
    const media = operation.produces?.split(';', 1)[0]
    const content: Json = {}
    if (schema !== null) content['application/json'] = { schema }
    if (media && schema !== null) {
      if ((schema as { type?: string }).type === 'string') delete content['application/json']
      content[media] = { schema: { type: 'string' } }
    }
    responses[status] = { description: status === '204' ? 'Done' : 'Success', ...(schema === null ? {} : { content }) }
  }
  const slugs = [...everywhere, ...(operation.access === 'public' ? [] : (['unauthenticated', 'forbidden'] as const)), ...(operation.problems ?? [])]
  if (operation.ifMatch) slugs.push('precondition-required', 'version-stale')
  const byStatus = Map.groupBy(new Set(slugs), (slug) => problems[slug].status)
  for (const [status, listed] of [...byStatus].sort(([a], [b]) => a - b)) {
    responses[status] = {
      description: listed.map((slug) => `\`${slug}\`: ${problems[slug].title}`).join('; '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    }
  }
  return responses
}

function describeParameters(operation: Operation): Json[] {
  const parameters: Json[] = []
  for (const [place, schema] of [
    ['path', operation.params],
    ['query', operation.query],
  ] as const) {
    const { properties = {}, required = [] } = (schema ?? {}) as { properties?: Record<string, Json>; required?: string[] }
    for (const [name, member] of Object.entries(properties)) {
      parameters.push({
        name,
        in: place,
        required: place === 'path' || required.includes(name),
        schema: member,
        ...(member.description ? { description: member.description } : {}),
      })
    }
  }
  if (operation.idempotent) parameters.push({ $ref: '#/components/parameters/IdempotencyKey' })
  if (operation.ifMatch) parameters.push({ $ref: '#/components/parameters/IfMatch' })
  return parameters
}

function describeOperation(operation: Operation): Json {
  const parameters = describeParameters(operation)
  return {
    operationId: operation.id,
    summary: operation.summary,
    tags: [operation.service],
    ...(operation.access === 'operator' || operation.access === 'admin' ? { description: `Needs the role \`${operation.access}\`.` } : {}),
    security: operation.access === 'public' ? [] : [{ bearer: [] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(operation.body ? { requestBody: { required: true, content: { 'application/json': { schema: operation.body } } } } : {}),
    responses: describeResponses(operation),
  }
}

/** The public API as one OpenAPI 3.1 document, from the contracts that also validate it. */
export function buildOpenapi(version: string, isServed: (operation: Operation) => boolean = () => true): Json {
  const own = operations.filter((operation) => operation.service === 'gateway' && operation.access !== 'service' && isServed(operation))
  const listed = [
    ...listRoutedOperations().map(({ operation, publicPath }) => ({ operation, path: publicPath })),
    ...own.map((operation) => ({ operation, path: operation.path })),
  ]
  // By service as the contracts order them, then by path: what belongs together stands together.
  const order = new Map(operations.map(({ service }, index) => [service, index]))
  listed.sort((a, b) => order.get(a.operation.service)! - order.get(b.operation.service)! || a.path.localeCompare(b.path))
  const paths: Record<string, Json> = {}
  for (const { operation, path } of listed) {
    paths[path] ??= {}
    paths[path][operation.method.toLowerCase()] = describeOperation(operation)
  }
  const services = [...new Set(listed.map(({ operation }) => operation.service))]
  return {
    openapi: '3.1.1',
    info: {
      title: 'Alcove',
      version,
      description: 'Workspace booking. Errors are RFC 9457 problem details; instants are RFC 3339; money is in minor units; lists are `{ items, nextCursor }`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: services.map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Problem: ProblemSchema },
      parameters: {
        IdempotencyKey: {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          description: 'Kept for 24 hours: the same key and body give the same resource again.',
          schema: { type: 'string', minLength: 1, maxLength: 255 },
        },
        IfMatch: { name: 'If-Match', in: 'header', required: true, description: 'The ETag you read, such as `"7"`.', schema: { type: 'string' } },
      },
    },
  }
}
