import { startPostgres, type Postgres } from '@alcove/database'
import { identify, type ProcessIdentity } from './processes.ts'

export interface PostgresKeeper {
  readonly url: string
  identity(): ProcessIdentity | undefined
  stop(): Promise<void>
}

/** The embedded server, started again when it ends without having been asked to. */
export async function keepPostgres(options: {
  dataDir: string
  port: number
  throwaway: boolean
  settings: Record<string, string>
  onChange: () => void
}): Promise<PostgresKeeper> {
  let server: Postgres
  let stopping = false
  const launch = async () => {
    server = await startPostgres(options)
    void server.exited.then(async () => {
      if (stopping) return
      options.onChange()
      // Its own crash recovery runs within start; services reconnect by themselves.
      await launch()
      options.onChange()
    })
  }
  await launch()
  return {
    url: server!.url,
    identity: () => identify(server.pid),
    stop: async () => {
      stopping = true
      await server.stop()
    },
  }
}
