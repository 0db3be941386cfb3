import { serviceNames, type ServiceName } from '@alcove/contracts'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { readFileSync } from 'node:fs'
import Type, { type Static, type TObject, type TSchema } from 'typebox'
import { tracingConfigSchema } from './tracing-config.ts'
import { callerLimitForm } from './caller-limit.ts'
import { brokerConfigSchema, listBrokerProblems, type BrokerConfig } from './broker-config.ts'

type ServiceUrlKey = `${Uppercase<ServiceName>}_SERVICE_URL`

/** Base address of a service: cluster DNS unless told otherwise, such as `http://127.0.0.1:3001`. */
const serviceUrls = Object.fromEntries(
  serviceNames.map((name) => [`${name.toUpperCase()}_SERVICE_URL`, Type.String({ format: 'uri', pattern: '^https?://', default: `http://${name}` })]),
) as Record<ServiceUrlKey, ReturnType<typeof Type.String>>

/** Environment every service understands, by variable name; a service's own schema spreads it and adds to it. */
export const baseConfigSchema = {
  /** `local`: one machine, development controls allowed; `cluster`: everything else. */
  PROFILE: Type.Enum(['local', 'cluster'], { default: 'cluster' }),
  HOST: Type.String({ default: '0.0.0.0' }),
  /** Application port. */
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 8080 }),
  /** Operations port: probes and metrics. */
  OPS_PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 9090 }),
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], { default: 'info' }),
  SERVICE_VERSION: Type.String({ default: '0.1.0' }),
  ...serviceUrls,
  /** `iss` of user tokens. */
  USER_TOKEN_ISSUER: Type.String({ default: 'http://auth' }),
  /** `iss` of service tokens; empty: what auth says of the keys, in a cluster the API server's issuer. */
  SERVICE_TOKEN_ISSUER: Type.String({ default: '' }),
  /** Kubernetes namespace whose ServiceAccounts are Alcove's services; those of another are strangers, whatever their names. */
  SERVICE_TOKEN_NAMESPACE: Type.String({ pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$', default: 'alcove' }),
  /** Directory with one token file per callee, re-read when it changes. */
  SERVICE_TOKEN_DIR: Type.String({ default: '/var/run/secrets/alcove' }),
  /** Keys of service tokens; empty: `${AUTH_SERVICE_URL}/.well-known/service-jwks.json`. */
  SERVICE_JWKS_URL: Type.String({ default: '' }),
  DATABASE_URL: Type.String({ default: '' }),
  DATABASE_POOL_MAX: Type.Integer({ minimum: 1, maximum: 200, default: 8 }),
  DATABASE_STATEMENT_TIMEOUT_MS: Type.Integer({ minimum: 1, maximum: 600_000, default: 5000 }),
  EVENT_TRANSPORT: Type.Enum(['embedded', 'kafka'], { default: 'embedded' }),
  EVENT_LOG_DATABASE_URL: Type.String({ default: '' }),
  /** How many days a service keeps from which network address an audited request came, such as 90; never in events. */
  AUDIT_SOURCE_DAYS: Type.Integer({ minimum: 1, maximum: 3650, default: 90 }),
  ...brokerConfigSchema,
  /** Local profile only: file with `{"offsetMs": n}` that moves the clock of all services together. */
  CLOCK_FILE: Type.String({ default: '' }),
  /** Local profile only: kill points and pausing consumers over the operations port. */
  TEST_CONTROLS: Type.Enum(['on', 'off'], { default: 'off' }),
  /** From a connection's opening, or the first byte of a further request, to the end of its headers; then 408 and the connection ends. */
  HEADERS_TIMEOUT_MS: Type.Integer({ minimum: 100, maximum: 600_000, default: 10_000 }),
  /** The same to the end of the body. */
  REQUEST_TIMEOUT_MS: Type.Integer({ minimum: 100, maximum: 600_000, default: 30_000 }),
  /** How long an unused connection is kept; longer than load balancers in front keep theirs (60 s), so that they let go first. */
  KEEP_ALIVE_TIMEOUT_MS: Type.Integer({ minimum: 100, maximum: 600_000, default: 72_000 }),
  /** An answer of which the client takes not a byte for so long is dropped with its connection. */
  STALLED_ANSWER_TIMEOUT_MS: Type.Integer({ minimum: 100, maximum: 600_000, default: 30_000 }),
  /** Connections of the application port; further ones are closed as they come. */
  CONNECTIONS_MAX: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 4000 }),
  /**
   * Requests that one source may send to the application port itself, such as `100/s` or `1000/min`; `off`: no limit. Declared services, the gateway among
   * them, are not counted, nor is `/health`. The gateway has limits of its own instead.
   */
  CALLER_LIMIT: Type.String({ pattern: callerLimitForm, default: '100/s' }),
  ...tracingConfigSchema,
  /** Demo installations only: whoever knows it may act in the past (`X-Demo-Clock`), which is how demo data come to have one. Empty: nobody may. */
  DEMO_CLOCK_SECRET: Type.String({ pattern: '^(.{16,128})?$', default: '' }),
  /** Longest time a draining process waits for what is in flight. */
  DRAIN_TIMEOUT_MS: Type.Integer({ minimum: 0, maximum: 600_000, default: 15_000 }),
  /** After SIGTERM: how long requests are still accepted, unready and with `connection: close`, before the listener closes. */
  DRAIN_DELAY_MS: Type.Integer({ minimum: 0, maximum: 60_000, default: 100 }),
}
const baseSchema = Type.Object(baseConfigSchema)

/** What every service's config holds. */
export type BaseConfig = Static<typeof baseSchema>

/** The environment is not usable; the message lists every problem, one a line, without any value. */
export class ConfigError extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`the configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

const localOnly = ['CLOCK_FILE', 'TEST_CONTROLS'] as const

/**
 * Reads the variables a schema names, converts them and fills in defaults; an empty variable counts as absent. The value of any variable may
 * stand in a file instead, named by the variable with `_FILE` appended: how secrets are mounted. It is read once, without its trailing newline.
 * @throws {ConfigError} listing all problems at once
 */
export function loadConfig<P extends Record<string, TSchema>>(schema: TObject<P>, env: Record<string, string | undefined>): Static<TObject<P>> {
  const ajv = new Ajv({ allErrors: true, coerceTypes: true, useDefaults: true, strict: false })
  addFormats.default(ajv)
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const key of Object.keys(schema.properties)) {
    const value = readVariable(key, env, problems)
    if (value !== undefined && value !== '') values[key] = value
  }
  const validate = ajv.compile(schema)
  if (!validate(values)) {
    for (const error of validate.errors ?? []) {
      const name = error.keyword === 'required' ? String(error.params.missingProperty) : error.instancePath.slice(1)
      const allowed = error.keyword === 'enum' ? `: ${(error.params.allowedValues as unknown[]).join(', ')}` : ''
      problems.push(error.keyword === 'required' ? `${name} is missing` : `${name} ${error.message}${allowed}`)
    }
  }
  if (values.PROFILE === 'cluster') {
    for (const key of localOnly) if (values[key] && values[key] !== 'off') problems.push(`${key} is allowed in the local profile only`)
  }
  problems.push(...listBrokerProblems(values))
  if (problems.length > 0) throw new ConfigError([...new Set(problems)])
  return values as Static<TObject<P>>
}

function readVariable(key: string, env: Record<string, string | undefined>, problems: string[]): string | undefined {
  const file = env[`${key}_FILE`]
  if (file === undefined || file === '') return env[key]
  if (env[key] !== undefined && env[key] !== '') problems.push(`${key} and ${key}_FILE are given both`)
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    problems.push(`${key}_FILE cannot be read: ${(error as NodeJS.ErrnoException).code}`)
    return undefined
  }
}

/**
 * The same variables for a program that is no service.
 * @throws {ConfigError} listing all problems at once
 */
export function loadBrokerConfig(env: Record<string, string | undefined>): BrokerConfig {
  return loadConfig(Type.Object({ EVENT_TRANSPORT: Type.String(), ...brokerConfigSchema }), { ...env, EVENT_TRANSPORT: 'kafka' })
}

/** The configured base address of a service, without a trailing slash. */
export function serviceUrl(config: Pick<BaseConfig, ServiceUrlKey>, service: ServiceName): string {
  return config[`${service.toUpperCase() as Uppercase<ServiceName>}_SERVICE_URL`].replace(/\/+$/, '')
}
