import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceName } from '@alcove/contracts'
import { graph } from '@alcove/graph'
import { serviceTokenIssuer, type Credentials } from './credentials.ts'
import { EVENT_LOG } from './databases.ts'
import { allServices, listenHost, root, type Layout, type PortPair, type PortPlan } from './layout.ts'

/** What all services of a stack have in common. */
export interface EnvSources {
  readonly layout: Layout
  readonly ports: PortPlan
  readonly credentials: Credentials
  readonly databaseUrls: Readonly<Record<string, string>>
  readonly transport: { readonly env: Readonly<Record<string, string>> }
  readonly testControls: boolean
}

/** Taken over from whoever started the stack: what programs need to run at all. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG']

/** The environment of one replica: exactly what the kit's configuration asks for, in the local profile. */
export function buildServiceEnv(sources: EnvSources, service: ServiceName, own: PortPair): Record<string, string> {
  const { layout, ports, databaseUrls } = sources
  const env: Record<string, string> = {
    ...pick(INHERITED),
    TZ: 'UTC',
    NODE_COMPILE_CACHE: layout.compileCacheDir,
    // glibc gives every thread a heap and keeps freed memory for later: 20 to 40 MB in each of nine processes.
    MALLOC_ARENA_MAX: '1',
    MALLOC_TRIM_THRESHOLD_: '131072',
    MALLOC_MMAP_THRESHOLD_: '131072',
    PROFILE: 'local',
    HOST: listenHost,
    PORT: String(own.port),
    OPS_PORT: String(own.opsPort),
    SERVICE_TOKEN_ISSUER: serviceTokenIssuer,
    SERVICE_TOKEN_DIR: layout.tokenDir(service),
    CLOCK_FILE: layout.clockFile,
    TEST_CONTROLS: sources.testControls ? 'on' : 'off',
    ...sources.transport.env,
    EVENT_LOG_DATABASE_URL: databaseUrls[EVENT_LOG]!,
    SUPERVISOR_STATE_FILE: layout.servicesFile,
    PUBLIC_BASE_URL: `http://localhost:${ports.service('gateway').port}`,
  }
  for (const name of allServices) env[`${name.toUpperCase()}_SERVICE_URL`] = `http://${listenHost}:${ports.service(name).port}`
  if (graph.find((node) => node.name === service)?.database) env.DATABASE_URL = databaseUrls[service]!
  if (service === 'auth') Object.assign(env, { SERVICE_JWKS_FILE: layout.serviceJwksFile, SIGNING_KEY_SECRET: sources.credentials.secret('signing-key') })
  return env
}

function pick(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])))
}

/** Set by the supervisor for each process; passing them on from a shell would break the stack. */
const RESERVED =
  /^(PROFILE|HOST|PORT|OPS_PORT|DATABASE_URL|EVENT_LOG_DATABASE_URL|EVENT_TRANSPORT|KAFKA_.*|CLOCK_FILE|SUPERVISOR_STATE_FILE|TEST_CONTROLS|.*_SERVICE_URL|.*_TOKEN_(DIR|ISSUER)|SERVICE_.*)$/

/**
 * The variables of the caller that some service's configuration names, by service: `make up HOLD_TTL_SECONDS=30`
 * reaches booking, and whatever else lives in a shell reaches nobody.
 */
export function pickServiceEnv(given: NodeJS.ProcessEnv): Partial<Record<ServiceName, Record<string, string>>> {
  const shared = listConfigNames(join(root, 'packages/kit/src'))
  const picked: Partial<Record<ServiceName, Record<string, string>>> = {}
  for (const service of allServices) {
    const names = [...shared, ...listConfigNames(join(root, 'services', service, 'src'))].filter((name) => !RESERVED.test(name))
    picked[service] = Object.fromEntries(names.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])))
  }
  return picked
}

/** Keys of the schemas in `config.ts` (or `config/`): they are the names of the variables. */
function listConfigNames(sourceDir: string): string[] {
  const files = existsSync(join(sourceDir, 'config'))
    ? readdirSync(join(sourceDir, 'config')).map((file) => join(sourceDir, 'config', file))
    : [join(sourceDir, 'config.ts')].filter((file) => existsSync(file))
  return files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/^\s+([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+):/gm)].map((match) => match[1]!))
}
