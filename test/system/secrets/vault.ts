import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceName } from '@alcove/contracts'
import type { Stack } from '../../../scripts/supervisor/types.ts'

/** Every value that no log, span or metric may hold, by what it is. */
export interface Vault {
  /** Remembers a value. */
  keep(name: string, value: string): string
  /** A new value that occurs nowhere else. */
  make(name: string, prefix?: string): string
  makeEmail(name: string): string
  values(): string[]
  /** Names of what a text holds: as it was used, as URLs and headers write it, and tokens by each part that tells something. */
  find(text: string): string[]
}

export function createVault(): Vault {
  const names = new Map<string, string>()
  const keep: Vault['keep'] = (name, value) => {
    for (const form of listForms(value)) names.set(form, name)
    return value
  }
  return {
    keep,
    make: (name, prefix = '') => keep(name, prefix + randomBytes(9).toString('hex')),
    makeEmail: (name) => keep(name, `${randomBytes(6).toString('hex')}@people.test`),
    values: () => [...names.keys()],
    find: (text) => [...new Set([...names].filter(([value]) => text.includes(value)).map(([, name]) => name))],
  }
}

function listForms(value: string): string[] {
  // A signed token's header is the same for all of them.
  const parts = /^eyJ[\w-]+\.([\w-]{20,})\.([\w-]{20,})$/.exec(value)?.slice(1) ?? []
  return [...new Set([value, encodeURIComponent(value), Buffer.from(value).toString('base64url'), ...parts])]
}

/** What processes are given: passwords in the addresses of databases, secrets of their environment, service tokens. */
export function keepCredentials(vault: Vault, stack: Stack): void {
  for (const service of Object.keys(stack.urls) as ServiceName[]) {
    for (const [name, value] of Object.entries(stack.envOf(service))) {
      if (/SECRET|PASSWORD/.test(name)) vault.keep(`${name} of ${service}`, value)
      if (value.startsWith('postgres')) vault.keep(`password in ${name} of ${service}`, decodeURIComponent(new URL(value).password))
    }
    const dir = join(stack.dir, 'tokens', service)
    for (const callee of readdirSync(dir)) vault.keep(`token of ${service} for ${callee}`, readFileSync(join(dir, callee), 'utf8').trim())
  }
}

/** Every log that a stack has written, also those put aside when they grew. */
export function readLogs(stack: Stack): { file: string; text: string }[] {
  const dir = join(stack.dir, 'logs')
  return readdirSync(dir).map((file) => ({ file, text: readFileSync(join(dir, file), 'utf8') }))
}
