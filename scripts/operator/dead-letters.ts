import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { consumingServices, type ConsumingService, type DeadLetter, type DeadLetterDetail } from '@alcove/contracts'
import { formatUsage, parseCommand, UsageError, type Calling, type Command, type Environment } from '../dlq/arguments.ts'
import { connect, expectSuccess, Refused, Unreachable, type AdminApi } from '../dlq/client.ts'
import { runCommand } from '../dlq/commands.ts'
import { askService } from './services.ts'

const inPod: Calling = {
  program: 'alcove dlq',
  gateway: "this namespace's gateway",
  caller:
    'nobody: list and show then ask the services as admin does, replay and discard are refused.\n                    The password is asked for on a terminal: kubectl exec -it',
}

/** `alcove dlq`: as `pnpm dlq`, from within the cluster. What is audited needs a person; reading does not, so it works while nobody can log in. */
export async function runDeadLetters(line: readonly string[], env: Environment): Promise<number> {
  const command = parseCommand(line, env, inPod)
  if (command.name !== 'help') return runCommand(command, await choose(command, env))
  console.log(formatUsage(inPod))
  return 0
}

async function choose(command: Command, env: Environment): Promise<AdminApi> {
  const { token, email } = command
  if (token === undefined && email === undefined) {
    if (command.name === 'list' || command.name === 'show') return readFromServices(env)
    throw new UsageError(
      `${command.name} is audited, so say who asks: ALCOVE_TOKEN, or --email with ALCOVE_PASSWORD (asked for on a terminal: kubectl exec -it)`,
    )
  }
  const password = command.password ?? (token === undefined ? await askPassword() : undefined)
  return connect(command.url ?? (env.GATEWAY_SERVICE_URL || 'http://gateway'), { token, email, password })
}

async function askPassword(): Promise<string> {
  if (!process.stdin.isTTY) throw new UsageError('there is no terminal to ask for the password: kubectl exec -it, or ALCOVE_PASSWORD')
  process.stderr.write('Password: ')
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true })
  try {
    return await lines.question('')
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}

/** The admin API's two reads, of the services themselves. */
function readFromServices(env: Environment): AdminApi {
  return {
    call: async <T>(_method: string, path: string) =>
      (path.startsWith('/') ? await findLetter(env, path) : await listLetters(env, new URLSearchParams(path))) as T,
  }
}

async function listLetters(env: Environment, query: URLSearchParams): Promise<{ items: DeadLetter[]; nextCursor: string | null; missing: string[] }> {
  const named = query.get('service')
  const limit = Number(query.get('limit'))
  const asked = new URLSearchParams({ limit: String(limit + 1) })
  for (const [from, to] of [
    ['type', 'type'],
    ['cursor', 'before'],
  ] as const) {
    if (query.has(from)) asked.set(to, query.get(from)!)
  }
  const missing: string[] = []
  const ask = async (service: ConsumingService): Promise<DeadLetter[]> => {
    const answer = await askService<{ items: DeadLetter[] }>(env, service, ['GET', `/internal/dead-letters?${asked}`]).catch((error: unknown) => {
      // Asked for by name, its silence is the answer.
      if (!(error instanceof Unreachable) || named !== null) throw error
      missing.push(service)
      return undefined
    })
    return answer ? expectSuccess(answer).items : []
  }
  const found = await Promise.all(consumingServices.filter((service) => named === null || service === named).map(ask))
  // Ids are in order of time.
  const all = found.flat().sort((left, right) => (left.id < right.id ? 1 : -1))
  const items = all.slice(0, limit)
  return { items, nextCursor: all.length > limit ? items.at(-1)!.id : null, missing: missing.toSorted() }
}

/** Of all services, for an id does not say where its letter stands. */
async function findLetter(env: Environment, path: string): Promise<DeadLetterDetail> {
  const answers = await Promise.allSettled(
    consumingServices.map((service) => askService<DeadLetterDetail>(env, service, ['GET', `/internal/dead-letters${path}`])),
  )
  const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  const held = given.find(({ status }) => status !== 404)
  if (held) return expectSuccess(held)
  const silent = answers.find((answer) => answer.status === 'rejected')
  if (silent) throw silent.reason
  throw new Refused('404 There is no such dead letter.')
}
