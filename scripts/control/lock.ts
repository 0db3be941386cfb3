import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { identify, isAlive, type ProcessIdentity } from '../supervisor/processes.ts'

const fileOf = (dir: string) => join(dir, 'supervisor.lock')

/** One supervisor for a directory: of two started in the same moment the second gives up here, before it touches anything. */
export function takeLock(dir: string): void {
  const content = JSON.stringify(identify(process.pid))
  try {
    writeFileSync(fileOf(dir), content, { flag: 'wx' })
  } catch {
    const holder = readHolder(dir)
    if (holder && isAlive(holder)) throw new Error(`a supervisor (pid ${holder.pid}) has this directory already`)
    // Its holder was killed.
    writeFileSync(fileOf(dir), content)
  }
}

export function releaseLock(dir: string): void {
  rmSync(fileOf(dir), { force: true })
}

function readHolder(dir: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(dir), 'utf8')) as ProcessIdentity
  } catch {
    return undefined
  }
}
