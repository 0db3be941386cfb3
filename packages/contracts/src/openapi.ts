import * as admin from './admin.ts'
import * as auth from './auth.ts'
import * as booking from './booking.ts'
import * as gateway from './gateway.ts'
import * as notification from './notification.ts'
import { createSchemaNamer, type JsonSchema } from './openapi-schemas.ts'
import type { Operation } from './operation.ts'
import * as payment from './payment.ts'
import * as primitives from './primitives.ts'
import { problems, ProblemSchema, type ProblemSlug } from './problems.ts'
import * as reporting from './reporting.ts'
import * as teamInvitations from './team-invitations.ts'
import * as user from './user.ts'
import * as workspace from './workspace.ts'

/** An OpenAPI 3.1 document as plain JSON. */
export interface OpenApiDocument {
  openapi: '3.1.1'
  info: { title: string; version: string; description: string; license: { name: string; identifier: string } }
  servers: { url: string }[]
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, unknown>>
  components: {
    schemas: Record<string, JsonSchema>
    responses: Record<string, unknown>
    headers: Record<string, unknown>
    securitySchemes: Record<string, unknown>
  }
}

/** Paths of services that the gateway serves as they are; every other gets `/api` in front. */
const outsideApi = ['/health', '/dev/', '/.well-known/', '/problems/', '/calendar/']

/** The path of a public operation as a client of the gateway sees it. */
export function toPublicPath(operation: Pick<Operation, 'service' | 'path'>): string {
  if (operation.service === 'gateway' || outsideApi.some((prefix) => operation.path.startsWith(prefix))) return operation.path
  return `/api${operation.path}`
}

// In the order a newcomer reads them.
const tagDescriptions: Record<string, string> = {
  booking: 'Availability, holds, bookings',
  workspace: 'Locations, spaces, closures, policies, prices',
  payment: 'Payments, refunds, wallets',
  auth: 'Accounts, sessions, roles, keys',
  user: 'Profiles, addresses, teams',
  notification: 'The inbox, and mails that were kept',
  reporting: 'Utilisation, revenue, the audit log',
  admin: 'The operator’s view',
  gateway: 'Health, the registry, these pages',
}

export interface OpenApiOptions {
  version: string
  /** Where the paths begin; default `/`, the server that gave the document. */
  serverUrl?: string
  /** The path a client sees; default {@link toPublicPath}. */
  pathOf?: (operation: Operation) => string
}

/**
 * The OpenAPI 3.1 document of the public API: every operation but internal ones (`access: 'service'`), under the path seen at the
 * gateway, with the problems it may answer. Schemas exported as `XSchema` become components.
 * @throws {Error} two operations share a method and path
 */
export function buildOpenApi(operations: readonly Operation[], options: OpenApiOptions): OpenApiDocument {
  const modules = [primitives, auth, user, teamInvitations, workspace, booking, payment, notification, reporting, admin, gateway]
  const namer = createSchemaNamer(modules, { Problem: ProblemSchema })
  const responses: Record<string, unknown> = {}
  const paths: OpenApiDocument['paths'] = {}
  const pathOf = options.pathOf ?? toPublicPath
  const shown = operations.filter((operation) => operation.access !== 'service')
  for (const operation of shown) {
    const path = (paths[pathOf(operation)] ??= {})
    const method = operation.method.toLowerCase()
    if (method in path) throw new Error(`two operations answer ${operation.method} ${pathOf(operation)}`)
    path[method] = toOperationObject(operation, namer.refer, responses)
  }
  namer.refer(ProblemSchema)
  const services = new Set<string>(shown.map((operation) => operation.service))
  const tags = Object.entries(tagDescriptions).filter(([name]) => services.has(name))
  return {
    openapi: '3.1.1',
    info: {
      title: 'Alcove',
      version: options.version,
      description:
        'Workspace booking. Errors are RFC 9457 problem details; instants are RFC 3339; money is in minor units; lists are `{ items, nextCursor }`. ' +
        'Events: [AsyncAPI 3](/api/asyncapi.json).',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: options.serverUrl ?? '/' }],
    tags: tags.map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: namer.components(),
      responses,
      headers: {
        RequestId: { description: 'The id of this request, as sent or made.', schema: { type: 'string' } },
        Location: { description: 'Where the new resource is.', schema: { type: 'string' } },
        ETag: { description: 'The version, for `If-Match`.', schema: { type: 'string' } },
        RetryAfter: { description: 'Seconds until trying again makes sense.', schema: { type: 'integer' } },
      },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The access token of `POST /api/v1/auth/login`.' } },
    },
  }
}

type Refer = (schema: unknown) => JsonSchema

const accessDescriptions: Record<string, string | undefined> = {
  operator: 'Needs the role `operator`. An admin has it too.',
  admin: 'Needs the role `admin`.',
}

function toOperationObject(operation: Operation, refer: Refer, shared: Record<string, unknown>): Record<string, unknown> {
  const description = accessDescriptions[operation.access]
  const parameters = toParameters(operation, refer)
  return {
    operationId: operation.id,
    summary: operation.summary,
    ...(description ? { description } : {}),
    tags: [operation.service],
    security: operation.access === 'public' ? [] : [{ bearer: [] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(operation.body ? { requestBody: { required: true, content: { 'application/json': { schema: refer(operation.body) } } } } : {}),
    responses: { ...toSuccesses(operation, refer), ...toProblems(operation, shared) },
  }
}

function toParameters(operation: Operation, refer: Refer): unknown[] {
  const parameters = (['path', 'query'] as const).flatMap((place) => {
    const schema = (place === 'path' ? operation.params : operation.query) as { properties?: Record<string, JsonSchema>; required?: string[] } | undefined
    return Object.entries(schema?.properties ?? {}).map(([name, property]) => {
      const { description, ...rest } = refer(property)
      return {
        name,
        in: place,
        required: place === 'path' || (schema?.required ?? []).includes(name),
        ...(description ? { description } : {}),
        ...(place === 'query' && isList(property) ? { style: 'form', explode: true } : {}),
        schema: rest,
      }
    })
  })
  const idempotencyKey = { type: 'string', minLength: 1, maxLength: 255 }
  return [
    ...parameters,
    ...(operation.method === 'POST' && operation.idempotent
      ? [
          {
            name: 'Idempotency-Key',
            in: 'header',
            required: false,
            description: 'The same key and body give the same resource for 24 hours.',
            schema: idempotencyKey,
          },
        ]
      : []),
    ...(operation.ifMatch
      ? [
          {
            name: 'If-Match',
            in: 'header',
            required: true,
            description: 'The ETag that was read: `"<version>"`; several, parted by commas, or `*`.',
            schema: { type: 'string' },
          },
        ]
      : []),
  ]
}

function isList(schema: JsonSchema): boolean {
  return schema.type === 'array' || (Array.isArray(schema.anyOf) && schema.anyOf.some((branch) => (branch as JsonSchema).type === 'array'))
}

const statusTexts: Record<number, string> = { 200: 'Done', 201: 'Created', 202: 'Accepted; not settled yet', 204: 'Done, nothing to say', 503: 'Not available' }

function toSuccesses(operation: Operation, refer: Refer): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(operation.responses).map(([status, schema]) => {
      const headers: Record<string, unknown> = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } }
      if (status === '201') headers.Location = { $ref: '#/components/headers/Location' }
      if (operation.ifMatch) headers.ETag = { $ref: '#/components/headers/ETag' }
      return [status, { description: statusTexts[Number(status)] ?? 'Answered', headers, ...(schema ? { content: toContent(operation, refer(schema)) } : {}) }]
    }),
  )
}

/** A page alone (its schema is a string), or a page beside JSON. */
function toContent(operation: Operation, schema: JsonSchema): Record<string, unknown> {
  const page = operation.produces ? { [operation.produces.split(';', 1)[0]!]: { schema: { type: 'string' } } } : {}
  return operation.produces && schema.type === 'string' ? page : { 'application/json': { schema }, ...page }
}

/** Problems of this operation and those that every one of its kind may answer, in the order the checks come in. */
function listProblems(operation: Operation): ProblemSlug[] {
  const always: (ProblemSlug | false)[] = [
    operation.access !== 'public' && 'unauthenticated',
    operation.method !== 'GET' && 'payload-too-large',
    operation.method !== 'GET' && 'unsupported-media-type',
    'malformed',
    operation.access !== 'public' && 'forbidden',
    (operation.access !== 'public' || operation.params !== undefined) && 'not-found',
    operation.ifMatch === true && 'precondition-required',
    operation.ifMatch === true && 'version-stale',
    operation.idempotent === true && 'idempotency-key-reused',
    operation.idempotent === true && 'idempotency-in-progress',
    'rate-limited',
    'request-timeout',
    'headers-too-large',
    'internal',
    'dependency-unavailable',
    'deadline-exceeded',
  ]
  return [...new Set([...always.filter((slug) => slug !== false), ...(operation.problems ?? [])])]
}

function toProblems(operation: Operation, shared: Record<string, unknown>): Record<string, unknown> {
  const byStatus = Map.groupBy(listProblems(operation), (slug) => problems[slug].status)
  const taken = new Set(Object.keys(operation.responses).map(Number))
  const answers = [...byStatus].filter(([status]) => !taken.has(status)).sort(([left], [right]) => left - right)
  return Object.fromEntries(
    answers.map(([status, slugs]) => {
      const name = [...slugs].sort().join('.')
      shared[name] ??= toProblemResponse(slugs)
      return [String(status), { $ref: `#/components/responses/${name}` }]
    }),
  )
}

function toProblemResponse(slugs: readonly ProblemSlug[]): Record<string, unknown> {
  const type = { enum: slugs.map((slug) => `/problems/${slug}`) }
  const isLater = slugs.some((slug) => [429, 503].includes(problems[slug].status) || slug === 'idempotency-in-progress')
  return {
    description: slugs.map((slug) => `\`${slug}\`: ${problems[slug].title}`).join('; '),
    headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' }, ...(isLater ? { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } : {}) },
    content: { 'application/problem+json': { schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { type: 'object', properties: { type } }] } } },
  }
}
