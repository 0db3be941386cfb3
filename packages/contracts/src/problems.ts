import Type, { type Static } from 'typebox'

/** Every problem Alcove answers, by slug (the last segment of `type`), with status and title. Source: RFC 9457. */
export const problems = {
  malformed: { status: 400, title: 'The request is malformed' },
  unauthenticated: { status: 401, title: 'Authentication is required' },
  'invalid-credentials': { status: 401, title: 'The credentials are not valid' },
  'token-reused': { status: 401, title: 'The refresh token was used before' },
  'payment-refused': { status: 402, title: 'The payment was refused' },
  'insufficient-credits': { status: 402, title: 'There are not enough credits' },
  forbidden: { status: 403, title: 'A role is missing for this' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'slot-conflict': { status: 409, title: 'The time is already taken' },
  'illegal-transition': { status: 409, title: 'Not possible in the present state' },
  'hold-expired': { status: 409, title: 'The hold has expired' },
  'already-exists': { status: 409, title: 'It exists already' },
  'in-use': { status: 409, title: 'It is in use' },
  'idempotency-in-progress': { status: 409, title: 'The first request with this key is still being handled' },
  'version-stale': { status: 412, title: 'The version is stale' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'payload-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The media type is not supported' },
  'rules-broken': { status: 422, title: 'One or more rules are broken' },
  'idempotency-key-reused': { status: 422, title: 'The idempotency key was used for another request' },
  'precondition-required': { status: 428, title: 'If-Match is required' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  'hold-limit': { status: 429, title: 'Too many holds' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'Something went wrong' },
  'dependency-unavailable': { status: 503, title: 'A service this needs is not available' },
  'deadline-exceeded': { status: 504, title: 'The deadline has passed' },
} as const satisfies Record<string, { status: number; title: string }>
export type ProblemSlug = keyof typeof problems

/** Every code in `errors` of `rules-broken`. */
export const ruleCodes = [
  'too-short',
  'too-long',
  'too-soon',
  'too-far-ahead',
  'in-the-past',
  'off-grid',
  'outside-opening-hours',
  'closed',
  'quota-exceeded',
  'capacity-exceeded',
  'not-bookable',
  'not-allowed-for-plan',
  'not-allowed-for-team',
  'local-time-does-not-exist',
  'local-time-ambiguous',
  'cancellation-window-passed',
  'check-in-window',
  'addon-out-of-stock',
  'series-overlaps-itself',
  'interval-invalid',
] as const
export type RuleCode = (typeof ruleCodes)[number]

/** One broken rule; some codes add members (`nearest`, `offsets`). */
export const BrokenRuleSchema = Type.Object({ code: Type.Enum([...ruleCodes]), detail: Type.String() })
export type BrokenRule = { code: RuleCode; detail: string }

/** RFC 9457 problem details with Alcove's members. */
export const ProblemSchema = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  instance: Type.String(),
  requestId: Type.String(),
  timestamp: Type.String({ format: 'date-time' }),
  errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), code: Type.String(), detail: Type.String() }))),
})
export type Problem = Static<typeof ProblemSchema> & Record<string, unknown>
