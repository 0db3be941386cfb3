import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { endAll, identify, isAlive, readCommand, signal, until, type ProcessIdentity } from './processes.ts'
import { endKafka } from '../kafka/leftovers.ts'
import { replaceFile } from './replace-file.ts'

/** What must be found again when the supervisor died without a word. */
export interface RecordedState {
  readonly supervisor: ProcessIdentity | undefined
  readonly processes: readonly ProcessIdentity[]
  readonly postgres: ProcessIdentity | undefined
}

const fileOf = (dir: string) => join(dir, 'processes.json')

/** Written before anything else happens after each start of a process, and never half. */
export function writeState(dir: string, state: RecordedState): void {
  replaceFile(fileOf(dir), JSON.stringify(state, null, 2))
}

export function clearState(dir: string): void {
  rmSync(fileOf(dir), { force: true })
}

export function readState(dir: string): RecordedState | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(dir), 'utf8')) as RecordedState
  } catch {
    return undefined
  }
}

/** The postmaster of a data directory, if it runs. */
export function findPostmaster(dataDir: string): ProcessIdentity | undefined {
  try {
    const pid = Number(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[0])
    // The file outlives a machine that lost power; the number may be anybody's by then.
    return readCommand(pid).includes(dataDir) ? identify(pid) : undefined
  } catch {
    return undefined
  }
}

/** Fast shutdown; SIGQUIT (recovery at the next start, nothing lost) if that takes too long. */
export async function endPostgres(identity: ProcessIdentity): Promise<void> {
  signal(identity, 'SIGINT')
  if (await until(() => !isAlive(identity), 20_000)) return
  await endAll([identity], 'SIGQUIT', 10_000)
}

/** Ends what a dead supervisor left running, services before their database; says how many processes that were. */
export async function endLeftovers(dir: string, dataDir: string): Promise<number> {
  const state = readState(dir)
  const services = (state?.processes ?? []).filter(isAlive)
  await endAll(services, 'SIGTERM', 15_000)
  const postgres = [state?.postgres, findPostmaster(dataDir)].find((identity) => identity && isAlive(identity))
  if (postgres) await endPostgres(postgres)
  const brokers = await endKafka(join(dir, 'kafka'))
  clearState(dir)
  return services.length + (postgres ? 1 : 0) + brokers
}
