import { baseConfigSchema } from '@alcove/kit'
import Type from 'typebox'

export const configSchema = Type.Object({
  ...baseConfigSchema,
  DATABASE_URL: Type.String({ minLength: 1 }),
  /** `on`: credits that operators grant themselves wait for another operator or admin, and nobody refunds their own payment. */
  GRANT_FOUR_EYES: Type.Enum(['on', 'off'], { default: 'off' }),
  /** Where the sandbox provider keeps its books (schema `sandbox`), as `postgres://…`; empty: beside payment's own. */
  SANDBOX_DATABASE_URL: Type.String({ default: '' }),
  /** Connections of the sandbox provider, a foreign system with its own: e.g. 4. */
  SANDBOX_POOL_MAX: Type.Integer({ minimum: 1, maximum: 50, default: 4 }),
  /** How long the token tok_slow takes to be decided. */
  SANDBOX_SLOW_MS: Type.Integer({ minimum: 0, maximum: 60_000, default: 8000 }),
  /** The longest a provider call may take before it counts as unanswered; above SANDBOX_SLOW_MS. */
  PROVIDER_TIMEOUT_MS: Type.Integer({ minimum: 100, maximum: 120_000, default: 12_000 }),
  /** How long booking is kept waiting for the provider before it is told `processing`. */
  AUTHORIZE_WAIT_MS: Type.Integer({ minimum: 0, maximum: 30_000, default: 3000 }),
  /** How long a dead process keeps its attempts from others. */
  ATTEMPT_LEASE_MS: Type.Integer({ minimum: 500, maximum: 120_000, default: 4000 }),
  /** How many days credits are valid that come back after their bucket has expired: e.g. 30. */
  RETURNED_CREDITS_DAYS: Type.Integer({ minimum: 1, maximum: 3650, default: 30 }),
  /** How often due attempts are looked for when nobody says that there are some. */
  SETTLE_POLL_MS: Type.Integer({ minimum: 50, maximum: 60_000, default: 1000 }),
  /** Attempts settled at once by one process. */
  SETTLE_CONCURRENCY: Type.Integer({ minimum: 1, maximum: 50, default: 4 }),
})
