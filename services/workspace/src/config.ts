import { baseConfigSchema } from '@alcove/kit'
import Type from 'typebox'

/** The environment of workspace; it adds nothing to what every service understands. */
export const configSchema = Type.Object({
  ...baseConfigSchema,
  /** The service's own database, such as `postgres://workspace@127.0.0.1:5432/workspace`. */
  DATABASE_URL: Type.String({ minLength: 1 }),
})
