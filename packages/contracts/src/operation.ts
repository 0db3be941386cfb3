import type { Static, TSchema } from 'typebox'
import type { ProblemSlug } from './problems.ts'
import type { ServiceName } from './services.ts'

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * Who may call: `public` nobody is asked; `user` any valid user token; a role name means that role or `admin`;
 * `service` a service token whose caller the graph allows (every `/internal/` path and nothing else).
 */
export type Access = 'public' | 'user' | 'operator' | 'admin' | 'service'

/** One route of one service: the single source of validation, OpenAPI, typed calls and access tests. */
export interface Operation {
  /** kebab-case, unique over all services; the route's file has the same name. */
  readonly id: string
  readonly service: ServiceName
  readonly method: HttpMethod
  /** As the service serves it, without `/api`; OpenAPI braces: `/v1/bookings/{id}`. */
  readonly path: string
  readonly summary: string
  readonly access: Access
  readonly params?: TSchema
  readonly query?: TSchema
  /** Absent: the route accepts no body or `{}`. */
  readonly body?: TSchema
  /** Success answers by status; `null` for an empty body. */
  readonly responses: Readonly<Record<number, TSchema | null>>
  /** Problems it may answer beyond the ones every route may (400, 401, 403, 404, 413, 415, 429, 500, 503, 504). */
  readonly problems?: readonly ProblemSlug[]
  /** A POST that honours `Idempotency-Key` (every creating POST does). */
  readonly idempotent?: boolean
  /** Requires `If-Match`. */
  readonly ifMatch?: boolean
  /** Answers something other than JSON (page, SVG, ICS): its media type. */
  readonly produces?: string
}

/** Declares an operation; only fixes its literal types. */
export function defineOperation<const O extends Operation>(operation: O): O {
  return operation
}

type Part<O, K extends string> = O extends { readonly [P in K]: infer S extends TSchema } ? Static<S> : undefined

export type ParamsOf<O extends Operation> = Part<O, 'params'>
export type QueryOf<O extends Operation> = Part<O, 'query'>
export type BodyOf<O extends Operation> = Part<O, 'body'>
export type ResponseOf<O extends Operation> = {
  [S in keyof O['responses'] & number]: O['responses'][S] extends TSchema ? { status: S; body: Static<O['responses'][S]> } : { status: S; body?: undefined }
}[keyof O['responses'] & number]
