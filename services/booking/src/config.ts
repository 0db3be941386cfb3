import { baseConfigSchema } from '@alcove/kit'
import Type from 'typebox'

export const configSchema = Type.Object({
  ...baseConfigSchema,
  DATABASE_URL: Type.String({ minLength: 1 }),
  /** How long a hold, and a booking or change that waits for its payment, keeps its claim: e.g. 600. */
  HOLD_TTL_SECONDS: Type.Integer({ minimum: 1, maximum: 86_400, default: 600 }),
  /** How long before the start one may check in: e.g. 15. */
  CHECK_IN_OPENS_MINUTES: Type.Integer({ minimum: 0, maximum: 1440, default: 15 }),
  /** The longest a request waits for payment before it answers 202: e.g. 5000; never past its own deadline. */
  AUTHORIZE_WAIT_MS: Type.Integer({ minimum: 0, maximum: 30_000, default: 5000 }),
})
