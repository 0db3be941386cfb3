import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { graph } from '@alcove/graph'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readGraph } from './read.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
let copy: string

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'alcove-graph-'))
  for (const name of readdirSync(join(root, 'services'))) cpSync(join(root, 'services', name, 'service.yaml'), join(copy, 'services', name, 'service.yaml'))
})
afterEach(() => rmSync(copy, { recursive: true, force: true }))

function edit(service: string, from: string | RegExp, to: string): void {
  const file = join(copy, 'services', service, 'service.yaml')
  const before = readFileSync(file, 'utf8')
  const after = before.replace(from, to)
  expect(after).not.toBe(before)
  writeFileSync(file, after)
}

describe('reading every service.yaml', () => {
  it('gives the generated graph', () => {
    expect(readGraph(copy)).toEqual(graph)
  })

  it.each([
    ['a call of nobody', 'user', 'calls: [auth]', 'calls: [auth, billing]', 'user: calls billing, which is no other service'],
    ['a call of oneself', 'user', 'calls: [auth]', 'calls: [auth, user]', 'user: calls user, which is no other service'],
    ['a taken port', 'user', 'port: 3001', 'port: 3002', "user: port 3002 is workspace's"],
    ['a topic of another', 'user', 'produces: user', 'produces: account', "user: topic account is auth's"],
    ['a topic that contracts do not know', 'user', 'produces: user', 'produces: people', 'user: contracts know no topic people'],
    ['a topic without partitions', 'user', /topic: .*\n/, '', 'user: topic and produces go together'],
    ['events without an outbox', 'user', 'database: true', 'database: false', 'user: produces without a database'],
    ['a subscription to a topic of nobody', 'user', '  account:', '  accounts:', 'user: consumes accounts, which nobody produces'],
    [
      'a subscription to a type of nobody',
      'user',
      'account.verified.v1',
      'account.verified.v9',
      'user: consumes account.verified.v9, which contracts do not know',
    ],
    ['an unknown member', 'user', 'database: true', 'database: true\nreplicas: 3', 'services/user/service.yaml: / must not have additional properties'],
    ['a missing member', 'user', 'database: true\n', '', 'services/user/service.yaml: / must have required properties database'],
    ['another name than its directory', 'user', 'name: user', 'name: people', 'services/user/service.yaml: it is named people'],
  ])('refuses %s', (_what, service, from, to, problem) => {
    edit(service, from, to)
    expect(() => readGraph(copy)).toThrow(problem)
  })

  it('names all problems at once', () => {
    edit('user', 'calls: [auth]', 'calls: [billing]')
    edit('workspace', 'port: 3002', 'port: 3003')
    expect(() => readGraph(copy)).toThrow(/billing[^]*port 3003/)
  })
})
