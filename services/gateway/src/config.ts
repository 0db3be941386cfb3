import { baseConfigSchema } from '@alcove/kit'
import Type from 'typebox'

/** The edge has limits of its own, and all its clients may come from the one address of whatever stands in front. */
const { CALLER_LIMIT: _edgeLimitsInstead, ...baseSchema } = baseConfigSchema

export const configSchema = Type.Object({
  ...baseSchema,
  /** `off`, or a list that replaces the general windows: `50/s,2000/min`. Empty: 10/s, 100/10s, 1000/min. */
  RATE_LIMITS: Type.String({ pattern: '^(off|\\d{1,7}/(\\d{0,5}s|\\d{0,4}min|\\d{0,3}h)(,\\d{1,7}/(\\d{0,5}s|\\d{0,4}min|\\d{0,3}h))*)?$', default: '' }),
  /** `redis://…` or `rediss://…`: limits and kept answers are then common to all replicas. Empty: each has its own. */
  REDIS_URL: Type.String({ pattern: '^(rediss?://.+)?$', default: '' }),
  /** How long a request waits for Redis before it is judged without. */
  REDIS_TIMEOUT_MS: Type.Integer({ minimum: 10, maximum: 5000, default: 250 }),
  /** The longest a request may take; a longer or absent `X-Request-Deadline-Ms` means this. */
  EDGE_DEADLINE_MAX_MS: Type.Integer({ minimum: 100, maximum: 30_000, default: 30_000 }),
  /** Where people reach Alcove. With `https` every answer tells browsers to come by `https` only (HSTS). */
  PUBLIC_BASE_URL: Type.String({ format: 'uri', pattern: '^https?://', default: 'http://localhost:4000' }),
  /** Origins whose pages may use the API, as browsers write them: `https://app.example.org,https://intranet.example.org:8443`. Empty: none but its own. */
  CORS_ORIGINS: Type.String({ pattern: '^(https?://[^\\s/,@?#*]+(,https?://[^\\s/,@?#*]+)*)?$', default: '' }),
  /** Proxies in front that append to `X-Forwarded-For`; 0: the connection's address is the client's. */
  TRUSTED_PROXY_HOPS: Type.Integer({ minimum: 0, maximum: 10, default: 0 }),
  /** Whom to tell about a weakness of this installation, the preferred first: `mailto:security@example.org,https://example.org/report`. Empty: no `/.well-known/security.txt`. */
  SECURITY_CONTACTS: Type.String({ pattern: '^((https://|mailto:|tel:)[^\\s,]+(,(https://|mailto:|tel:)[^\\s,]+){0,4})?$', default: '' }),
  /** Between two probes of a service by the registry; a silent one is asked again after 2 s. */
  REGISTRY_PROBE_INTERVAL_MS: Type.Integer({ minimum: 100, maximum: 600_000, default: 30_000 }),
  /** Memory for answers that stand in while a service is away; 0: none are kept. */
  STALE_ANSWERS_MAX_BYTES: Type.Integer({ minimum: 0, maximum: 1_073_741_824, default: 16_777_216 }),
  /** The oldest answer that is still given. A person's never outlives the session, whatever this says. */
  STALE_ANSWER_AGE_MAX_SECONDS: Type.Integer({ minimum: 1, maximum: 86_400, default: 600 }),
  /** Requests in flight per service before further ones are refused with 503. */
  CALLEE_CONCURRENCY_MAX: Type.Integer({ minimum: 1, maximum: 10_000, default: 256 }),
})
