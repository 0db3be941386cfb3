import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import type { JsonSchema } from './annotated-values.ts'

/** Secrets: they come from a Secret through `secretEnv` and are refused in `env`, where anybody who reads the release would see them. */
const secret = /^(DATABASE_URL|EVENT_LOG_DATABASE_URL|.*_SECRET|.*_PASSWORD|SMTP_URL|REDIS_URL|BOOTSTRAP_ADMIN_EMAIL|KAFKA_SASL_USERNAME)$/
/** What the image, the cluster profile and the pod decide. */
const decided = /^(PROFILE|HOST|PORT|OPS_PORT|CLOCK_FILE|TEST_CONTROLS|SERVICE_TOKEN_NAMESPACE|SUPERVISOR_STATE_FILE|SERVICE_JWKS_FILE|.*_FILE)$/
/** Read by Node itself. */
const nodes: Record<string, JsonSchema> = { NODE_OPTIONS: { type: 'string' }, TZ: { type: 'string' } }
const kept = ['type', 'enum', 'minimum', 'maximum', 'pattern', 'minLength', 'maxLength'] as const

/** The schemas of `env` and `secretEnv` of a service: what its configuration names, with the same bounds; and every name that it reads. */
export async function readEnvironmentSchema(root: string, service: string): Promise<{ env: JsonSchema; secretNames: string[]; allNames: string[] }> {
  const module = (await import(pathToFileURL(join(root, 'services', service, 'src/config.ts')).href)) as {
    configSchema: { properties: Record<string, JsonSchema> }
  }
  const names = Object.keys(module.configSchema.properties).filter((name) => !decided.test(name))
  const properties = Object.fromEntries(names.filter((name) => !secret.test(name)).map((name) => [name, describe(module.configSchema.properties[name]!)]))
  return {
    env: { type: 'object', properties: sortKeys({ ...nodes, ...properties }), additionalProperties: false },
    secretNames: names.toSorted(),
    allNames: Object.keys(module.configSchema.properties).toSorted(),
  }
}

const describe = (schema: JsonSchema): JsonSchema => Object.fromEntries(kept.flatMap((key) => (key in schema ? [[key, schema[key]]] : [])))

const sortKeys = <T>(record: Record<string, T>): Record<string, T> => Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)))
