import { setTimeout as delay } from 'node:timers/promises'
import { startPostgres, type Postgres, type StartPostgresOptions } from '@alcove/database'
import { identify, type ProcessIdentity } from './processes.ts'

const RETRY_MS = 1_000

export interface PostgresKeeper {
  readonly url: string
  identity(): ProcessIdentity | undefined
  stop(): Promise<void>
}

/** The embedded server, started again when it ends without having been asked to; services reconnect by themselves. */
export async function keepPostgres({ onChange, ...options }: StartPostgresOptions & { onChange: () => void }): Promise<PostgresKeeper> {
  let server: Postgres = await startPostgres(options)
  let stopping = false

  const restart = async () => {
    while (!stopping) {
      try {
        // Its own crash recovery runs within the start.
        server = await startPostgres(options)
        return
      } catch (error) {
        console.error(`PostgreSQL did not come back: ${(error as Error).message}`)
        await delay(RETRY_MS)
      }
    }
  }
  const watch = async () => {
    while (!stopping) {
      await server.exited
      onChange()
      await restart()
      onChange()
    }
  }
  const watching = watch()

  return {
    url: server.url,
    identity: () => identify(server.pid),
    stop: async () => {
      stopping = true
      await server.stop()
      await watching
      // It may just have been started again.
      await server.stop()
    },
  }
}
