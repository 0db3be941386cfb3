import { baseConfigSchema } from '@alcove/kit'
import Type from 'typebox'

export const configSchema = Type.Object({
  ...baseConfigSchema,
  /** Local profile: the process supervisor's state, `{"services":[{"name","replicas","ready","restarts"}]}`. Empty: replicas are not shown. */
  SUPERVISOR_STATE_FILE: Type.String({ default: '' }),
})
