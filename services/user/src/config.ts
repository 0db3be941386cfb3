import { baseConfigSchema } from '@alcove/kit'
import Type, { type Static } from 'typebox'

export const configSchema = Type.Object({
  ...baseConfigSchema,
  DATABASE_URL: Type.String({ minLength: 1 }),
  /** Language of a person who has not chosen one, such as `en`. */
  DEFAULT_LOCALE: Type.String({ minLength: 2, maxLength: 35, default: 'en' }),
  /** Zone of a person who has not chosen one, such as `Europe/Berlin`. */
  DEFAULT_TIME_ZONE: Type.String({ minLength: 1, maxLength: 64, default: 'UTC' }),
})

export type UserConfig = Static<typeof configSchema>
