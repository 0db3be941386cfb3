import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { graph } from '@alcove/graph'
import { loadConfig } from '@alcove/kit'
import type { TObject } from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { writeSecrets } from '../compose/keep-secrets.ts'
import { renderCompose } from './render-compose.ts'

interface Container {
  environment?: Record<string, string>
  volumes?: string[]
  ports?: string[]
  user?: string
  cap_drop: string[]
  read_only: boolean
  security_opt: string[]
  mem_limit: string
  restart: string
  healthcheck?: object
  depends_on?: Record<string, { condition: string }>
}
const root = fileURLToPath(new URL('../..', import.meta.url))
const text = readFileSync(join(root, 'compose.yaml'), 'utf8')
const { services, volumes } = parse(text) as { services: Record<string, Container>; volumes: object }
const secrets = mkdtempSync(join(tmpdir(), 'alcove-compose-'))
beforeAll(() => writeSecrets({ directory: secrets, databaseAddress: 'postgresql:5432', graph }))
afterAll(() => rmSync(secrets, { recursive: true }))

/** The variables as the process gets them, with its own volume where the container has it. */
const environmentOf = (name: string) =>
  Object.fromEntries(
    Object.entries(services[name]!.environment!).map(([key, value]) => [
      key,
      value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1').replace('/run/alcove', join(secrets, name)),
    ]),
  )

describe.each(graph)('compose.yaml: $name', ({ name, calls, database, produces, consumes }) => {
  it('gets an environment that its configuration knows and accepts', async () => {
    const { configSchema } = (await import(pathToFileURL(join(root, 'services', name, 'src/config.ts')).href)) as { configSchema: TObject }
    const known = new Set(Object.keys(configSchema.properties))
    const isKnown = (key: string) => key === 'TZ' || known.has(key) || known.has(key.replace(/_FILE$/, ''))
    expect(Object.keys(services[name]!.environment!).filter((key) => !isKnown(key))).toEqual([])
    const config = loadConfig(configSchema, environmentOf(name)) as Record<string, string>
    if (database) expect(new URL(config.DATABASE_URL!)).toMatchObject({ host: 'postgresql:5432', username: name, pathname: `/${name}` })
    expect(config.EVENT_LOG_DATABASE_URL !== '').toBe(produces !== null || Object.keys(consumes).length > 0)
  })

  it('reaches what it calls, at the port where that listens, with a token for it', () => {
    for (const callee of [...calls, 'auth']) {
      const url = new URL(services[name]!.environment![`${callee.toUpperCase()}_SERVICE_URL`]!)
      expect(services).toHaveProperty(url.hostname)
      expect(url.port).toBe(services[callee]!.environment!.PORT)
    }
    for (const callee of calls) expect(readFileSync(join(secrets, name, 'tokens', callee), 'utf8')).toMatch(/^ey/)
  })

  it('sees its own secrets alone, and cannot write them', () => {
    expect(services[name]!.volumes).toEqual([`secrets-${name}:/run/alcove:ro`])
  })

  it('waits for its schema and is judged by its readiness', () => {
    if (database) expect(services[name]!.depends_on![`${name}-migrate`]).toEqual({ condition: 'service_completed_successfully' })
    expect(JSON.stringify(services[name]!.healthcheck)).toContain('/readyz')
  })
})

describe('compose.yaml', () => {
  it('is what the graph says', () => {
    expect(text.replaceAll(/\s/g, '')).toBe(renderCompose(graph).replaceAll(/\s/g, ''))
  })

  it('publishes the gateway alone, to this machine alone unless told otherwise', () => {
    const published = Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]))
    expect(published).toEqual([['gateway', '${ALCOVE_ADDRESS:-127.0.0.1}:${ALCOVE_PORT:-4000}:8080']])
  })

  it('holds no secret', () => {
    const named = Object.values(services).flatMap(({ environment = {} }) => Object.keys(environment))
    expect(named.filter((key) => /PASSWORD|SECRET|DATABASE_URL/.test(key) && !key.endsWith('_FILE'))).toEqual([])
  })

  it.each(Object.entries(services))('gives %s no right and a limit', (_, container) => {
    expect(container).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
    expect(container.mem_limit).toMatch(/^\d+[mg]$/)
    expect(container.restart).toMatch(/^(unless-stopped|on-failure:5)$/)
  })

  it('names no container or volume that is not there', () => {
    for (const { depends_on: needed = {}, volumes: mounts = [] } of Object.values(services)) {
      expect(Object.keys(services)).toEqual(expect.arrayContaining(Object.keys(needed)))
      expect(Object.keys(volumes)).toEqual(expect.arrayContaining(mounts.map((mount) => mount.split(':')[0])))
    }
  })

  it('lets nobody but the issuer read its key', () => {
    const readers = Object.entries(services).filter(([, { volumes: mounts = [] }]) => mounts.some((mount) => mount.startsWith('secrets-issuer:')))
    expect(readers.map(([name]) => name)).toEqual(['secrets', 'tokens', 'demo-clock'])
  })
})
