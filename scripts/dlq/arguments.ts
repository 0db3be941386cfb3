import { consumingServices } from '@alcove/contracts'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

/** How the program is called, and who asks when nobody is named. */
export interface Calling {
  /** What a person types before the command: `pnpm dlq`. */
  program: string
  /** The gateway when neither the line nor `ALCOVE_URL` names one, in words. */
  gateway: string
  /** Who asks when neither the line nor the environment says it, in words. */
  caller: string
  email?: string
  password?: string
}

/** On a laptop: the stack that runs there, as its demo admin. */
export const onLaptop: Calling = {
  program: 'pnpm dlq',
  gateway: 'the stack that runs here, http://localhost:4000',
  caller: 'the demo admin',
  email: 'admin@alcove.test',
  password: 'alcove-demo',
}

/** The help of a way to call it. */
export const formatUsage = ({ program, gateway, caller }: Calling): string => `Dead letters: events that a service could not handle.

  ${program} list    [--service S] [--type T] [--limit N]
  ${program} show    <id>
  ${program} replay  <id> | --all | --service S | --type T
                   [--dry-run] [--limit N] [--rate N] [--transform JSON | --transform @FILE]
  ${program} discard <id>...

  --service S       only of this consumer: ${consumingServices.join(', ')}
  --type T          only events of this type: booking.confirmed.v1
  --limit N         at most so many (list 50, replay 100)
  --dry-run         tell what a replay would do, and change nothing
  --rate N          at most so many replays a second, from 1 to 1000
  --transform P     JSON Patch (RFC 6902) over the whole event: '[{"op":"replace","path":"/data/kind","value":"desk"}]'
  --json            for machines
  --url URL         the gateway; else ALCOVE_URL, ${gateway}
  --token T         an access token; else ALCOVE_TOKEN, or a login:
  --email, --password   else ALCOVE_EMAIL and ALCOVE_PASSWORD, else ${caller}

An operator may list and show; replay and discard are for admins.
Exit codes: 0 done; 1 something was refused or failed; 2 the command is not right; 3 nobody answers.`

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The command line says something that cannot be meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A command as the line gave it. */
export interface Command {
  name: 'list' | 'show' | 'replay' | 'discard' | 'help'
  ids: string[]
  service?: string
  type?: string
  limit?: number
  dryRun: boolean
  ratePerSecond?: number
  transform?: unknown[]
  json: boolean
  url?: string
  token?: string
  email?: string
  password?: string
}

const options = {
  service: { type: 'string' },
  type: { type: 'string' },
  limit: { type: 'string' },
  all: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  rate: { type: 'string' },
  transform: { type: 'string' },
  json: { type: 'boolean', default: false },
  url: { type: 'string' },
  token: { type: 'string' },
  email: { type: 'string' },
  password: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

const names = ['list', 'show', 'replay', 'discard', 'help'] as const

/**
 * Reads a command line.
 * @throws {UsageError} with what is wrong
 */
export function parseCommand(line: readonly string[], env: Environment, calling: Calling = onLaptop): Command {
  const { values, positionals } = parse(line, calling)
  const [name = 'help', ...ids] = positionals
  if (values.help || name === 'help') return toCommand('help', { ids, values, env, calling })
  if (!names.includes(name as Command['name'])) throw new UsageError(`there is no command ${name}; ${calling.program} --help`)
  assertTarget(name as Command['name'], ids, values)
  return toCommand(name as Command['name'], { ids, values, env, calling })
}

function parse(line: readonly string[], { program }: Calling) {
  try {
    return parseArgs({ args: [...line], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; ${program} --help`, { cause: error })
  }
}

type Values = ReturnType<typeof parse>['values']

function assertTarget(name: Command['name'], ids: readonly string[], { all, service, type }: Values): void {
  const isFiltered = all || service !== undefined || type !== undefined
  if (name === 'list' && ids.length > 0) throw new UsageError('list takes no id; show does')
  if (name === 'show' && ids.length !== 1) throw new UsageError('show needs one id')
  if (name === 'discard' && (ids.length === 0 || isFiltered)) throw new UsageError('discard needs ids: what is discarded is gone, so each is named')
  if (name === 'replay' && ids.length > 0 === isFiltered) throw new UsageError('replay needs ids, or --service, --type or --all')
}

interface Given {
  ids: string[]
  values: Values
  env: Environment
  calling: Calling
}

function toCommand(name: Command['name'], { ids, values, env, calling }: Given): Command {
  return {
    name,
    ids,
    service: values.service,
    type: values.type,
    limit: readNumber('limit', values.limit, /^[1-9]\d{0,5}$/),
    dryRun: values['dry-run'],
    ratePerSecond: readNumber('rate', values.rate, /^[1-9]\d{0,3}(\.\d+)?$/),
    transform: readTransform(values.transform),
    json: values.json,
    url: values.url ?? env.ALCOVE_URL,
    token: values.token ?? env.ALCOVE_TOKEN,
    email: values.email ?? env.ALCOVE_EMAIL ?? calling.email,
    password: values.password ?? env.ALCOVE_PASSWORD ?? calling.password,
  }
}

function readNumber(name: string, text: string | undefined, form: RegExp): number | undefined {
  if (text === undefined) return undefined
  if (!form.test(text)) throw new UsageError(`--${name} ${text} is not a number that it takes`)
  return Number(text)
}

function readTransform(text: string | undefined): unknown[] | undefined {
  if (text === undefined) return undefined
  try {
    const patch: unknown = JSON.parse(text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text)
    if (Array.isArray(patch)) return patch
  } catch (error) {
    throw new UsageError(`--transform: ${(error as Error).message}`, { cause: error })
  }
  throw new UsageError('--transform is a list of operations')
}
