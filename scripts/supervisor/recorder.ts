import type { Layout } from './layout.ts'
import { identify } from './processes.ts'
import type { PostgresKeeper } from './postgres-keeper.ts'
import { replaceFile } from './replace-file.ts'
import type { ReplicaSet } from './replica-set.ts'
import { clearState, writeState } from './state-file.ts'

/** Keeps the record of running processes true, so that a later run finds them if this one is killed. */
export function createRecorder({ dir, servicesFile }: Layout, sets: ReadonlyMap<string, ReplicaSet>) {
  const supervisor = identify(process.pid)
  let postgres: PostgresKeeper | undefined
  let closed = false
  const write = () => {
    if (closed) return
    const processes = [...sets.values()].flatMap((set) => set.list()).flatMap((process) => process.identity ?? [])
    writeState(dir, { supervisor, processes, postgres: postgres?.identity() })
    replaceFile(servicesFile, JSON.stringify({ services: [...sets.values()].map(summarise) }))
  }
  return {
    write,
    setPostgres: (keeper: PostgresKeeper | undefined) => {
      postgres = keeper
      write()
    },
    close: () => {
      closed = true
      clearState(dir)
    },
  }
}

export type Recorder = ReturnType<typeof createRecorder>

/** As admin reads it. */
function summarise(set: ReplicaSet): object {
  const processes = set.list().map((process) => process.status())
  const startedAt = processes.flatMap(({ upSeconds }) => (upSeconds === null ? [] : [Date.now() - upSeconds * 1000]))
  return {
    name: set.service,
    replicas: processes.length,
    ready: processes.filter((process) => process.state === 'ready').length,
    restarts: processes.reduce((sum, process) => sum + process.restarts, 0),
    startedAt: startedAt.length > 0 ? `${new Date(Math.max(...startedAt)).toISOString().slice(0, 19)}Z` : null,
  }
}
