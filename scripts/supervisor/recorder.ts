import { identify } from './processes.ts'
import type { PostgresKeeper } from './postgres-keeper.ts'
import type { ReplicaSet } from './replica-set.ts'
import { clearState, writeState } from './state-file.ts'

/** Keeps the record of running processes true, so that a later run finds them if this one is killed. */
export function createRecorder(dir: string, sets: ReadonlyMap<string, ReplicaSet>) {
  const supervisor = identify(process.pid)
  let postgres: PostgresKeeper | undefined
  let closed = false
  const write = () => {
    if (closed) return
    const processes = [...sets.values()].flatMap((set) => set.list()).flatMap((process) => process.identity ?? [])
    writeState(dir, { supervisor, processes, postgres: postgres?.identity() })
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
