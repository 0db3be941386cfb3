import { rmSync } from 'node:fs'
import { removePostgres, resolveDataDir } from '@alcove/database'
import { forgetKafka } from '../kafka/leftovers.ts'
import { createLayout } from '../supervisor/layout.ts'
import { endAll, identify, isAlive, until } from '../supervisor/processes.ts'
import { endLeftovers, readState } from '../supervisor/state-file.ts'
import { NotRunning, send } from './client.ts'
import { socketPath, stackDir } from './protocol.ts'

const DAEMON_END_MS = 10_000

/** `make down`: drains everything; also ends what a killed or stuck supervisor left running. */
export async function down(): Promise<number> {
  const layout = createLayout(stackDir)
  console.log((await askDaemon()) ? 'Alcove is down; its data stay (make reset removes them)' : await endWithoutDaemon(layout.dataDir))
  return 0
}

/** False when there is no daemon to ask. */
async function askDaemon(): Promise<boolean> {
  try {
    const { pid } = await send('status', {})
    const daemon = identify(pid)
    await send('down', {})
    if (daemon && !(await until(() => !isAlive(daemon), DAEMON_END_MS))) await endAll([daemon], 'SIGKILL', 1_000)
    return true
  } catch (error) {
    if (error instanceof NotRunning) return false
    throw error
  }
}

async function endWithoutDaemon(dataDir: string): Promise<string> {
  const supervisor = readState(stackDir)?.supervisor
  if (supervisor && isAlive(supervisor)) await endAll([supervisor], 'SIGTERM', 30_000)
  const ended = await endLeftovers(stackDir, await resolveDataDir(dataDir))
  rmSync(socketPath, { force: true })
  return ended > 0 ? `Alcove's supervisor was gone; ended ${ended} processes that it had left` : 'Alcove is not running here'
}

/** `make reset`: down, then every row, key and log of this stack is removed. */
export async function reset(): Promise<number> {
  await down()
  await removePostgres(createLayout(stackDir).dataDir)
  await forgetKafka(createLayout(stackDir).kafkaDir)
  rmSync(stackDir, { recursive: true, force: true })
  console.log('removed all data')
  return 0
}
