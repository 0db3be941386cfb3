import { baseConfigSchema } from '@alcove/kit'
import Type from 'typebox'

/** The environment of reporting; it adds nothing to what every service understands. */
export const configSchema = Type.Object({
  ...baseConfigSchema,
  /** The service's own database, such as `postgres://reporting@127.0.0.1:5432/reporting`. */
  DATABASE_URL: Type.String({ minLength: 1 }),
})
