import { baseConfigSchema } from '@alcove/kit'
import Type from 'typebox'

export const configSchema = Type.Object({
  ...baseConfigSchema,
  /** Local profile: the process supervisor's state, `{"services":[{"name","replicas","ready","restarts","startedAt"}]}`. Empty: replicas are not shown. */
  SUPERVISOR_STATE_FILE: Type.String({ default: '' }),
  /** The API server, watched for what runs in this namespace (SERVICE_TOKEN_NAMESPACE); not in the local profile. */
  KUBERNETES_API_URL: Type.String({ format: 'uri', pattern: '^https?://', default: 'https://kubernetes.default.svc' }),
  /** Directory with this process's own `token` for the API server, and its `ca.crt`. */
  KUBERNETES_CREDENTIALS_DIR: Type.String({ default: '/var/run/secrets/kubernetes.io/serviceaccount' }),
})
